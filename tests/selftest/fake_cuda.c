// A driver and a management library for a card that does not exist: memory is the host's, and launching
// "linear" computes it.  It shows that serve_linear.py's calls have the right shape, and no more.
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

typedef uint64_t address;

int cuInit(unsigned flags) { return flags; }
int cuDeviceGetCount(int *count) { *count = 1; return 0; }
int cuDeviceGet(int *device, int number) { *device = number; return 0; }
int cuDeviceGetName(char *name, int size, int device) { strncpy(name, "Paper GPU", size); return device; }
int cuDeviceGetUuid(char *uuid, int device) { memset(uuid, 0xab, 16); return device; }
int cuDeviceTotalMem_v2(size_t *total, int device) { *total = (size_t)8 << 30; return device; }
int cuDeviceGetAttribute(int *value, int which, int device) { *value = which == 75 ? 9 : 0; return device; }
int cuDevicePrimaryCtxRetain(void **context, int device) { *context = (void *)1; return device; }
int cuCtxSetCurrent(void *context) { return context != (void *)1; }
int cuCtxSynchronize(void) { return 0; }
int cuModuleLoadData(void **module, const char *ptx) {
    *module = (void *)2;
    return strstr(ptx, ".visible .entry linear(") == NULL;
}
int cuModuleGetFunction(void **kernel, void *module, const char *name) {
    *kernel = (void *)3;
    return module != (void *)2 || strcmp(name, "linear");
}
int cuMemAlloc_v2(address *at, size_t size) { *at = (address)malloc(size); return 0; }
int cuMemFree_v2(address at) { free((void *)at); return 0; }
int cuMemcpyHtoD_v2(address at, const void *from, size_t size) { memcpy((void *)at, from, size); return 0; }
int cuMemcpyDtoH_v2(void *to, address from, size_t size) { memcpy(to, (void *)from, size); return 0; }
int cuPointerGetAttribute(unsigned *kind, int which, address at) { *kind = 2; return which != 2 || !at; }
int cuGetErrorString(int status, const char **text) { *text = "refused by the paper GPU"; return 0; }

int cuLaunchKernel(void *kernel, unsigned gx, unsigned gy, unsigned gz, unsigned bx, unsigned by, unsigned bz,
                   unsigned shared, void *stream, void **values, void **extra) {
    float *rows = (float *)*(address *)values[0], *weights = (float *)*(address *)values[1];
    float *bias = (float *)*(address *)values[2], *out = (float *)*(address *)values[3];
    unsigned count = *(unsigned *)values[4];
    if (kernel != (void *)3 || gx * bx < count || gy * gz * by * bz != 1 || shared || stream || extra) return 1;
    for (unsigned row = 0; row < count; row++)
        for (int column = 0; column < 3; column++)
            out[3 * row + column] = bias[column] + rows[2 * row] * weights[column]
                                    + rows[2 * row + 1] * weights[3 + column];
    return 0;
}

struct memory { unsigned long long total, free, used; };
struct process { unsigned pid; unsigned long long used; unsigned gpu_instance, compute_instance; };

int nvmlInit_v2(void) { return 0; }
int nvmlShutdown(void) { return 0; }
int nvmlSystemGetDriverVersion(char *text, unsigned size) { strncpy(text, "999.1", size); return 0; }
int nvmlDeviceGetHandleByUUID(const char *uuid, void **card) {
    *card = (void *)4;
    return strcmp(uuid, "GPU-abababab-abab-abab-abab-abababababab");
}
int nvmlDeviceGetMemoryInfo(void *card, struct memory *memory) {
    memory->used = 600 << 20;
    return card != (void *)4;
}
int nvmlDeviceGetComputeRunningProcesses_v3(void *card, unsigned *count, struct process *found) {
    *count = 2;
    found[0].pid = 1;
    found[1].pid = getenv("PAPER_CONTAINER") ? 2 : (unsigned)getpid();
    found[1].used = 500 << 20;
    return card != (void *)4;
}
