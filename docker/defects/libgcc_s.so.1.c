/* A libgcc of long ago: the versions of GCC 3.0, and no later one. */
int nothing;
