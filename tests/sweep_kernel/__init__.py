"""Every refusal of the kernel that could meet a start, tried: `make sweep-kernel`."""
