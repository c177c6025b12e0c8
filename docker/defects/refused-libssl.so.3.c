/* A library that is marked for a level of x86-64 that no processor has. */
__asm__(".pushsection .note.gnu.property,\"a\"; .balign 8; .long 4, 16, 5; .asciz \"GNU\";"
        ".long 0xc0008002, 4, 0x8000, 0; .popsection");
int nothing;
