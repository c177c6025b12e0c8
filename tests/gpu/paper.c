// NVML and libcuda of cards that do not exist, for what no machine here has.  Both libraries are built from
// this file; variables say what they answer:
//   PAPER_CARDS, PAPER_NAME, PAPER_CAPABILITY (90), PAPER_TOTAL, PAPER_FREE (MiB), PAPER_MODE (compute mode)
//   PAPER_MIG (number of instances; unset: no MIG), PAPER_PROCESSES (number), PAPER_SHOWN (cards that CUDA shows)
//   PAPER_DRIVER, PAPER_CUDA (12040), PAPER_NVML, PAPER_CUINIT (codes)
//   PAPER_REFUSE (calls and their codes: name=4,other=3), PAPER_SLOW (calls and their seconds: cuInit=15)
//   PAPER_HANG (a call that never returns), PAPER_CRASH (one that ends the process)
//   PAPER_STATE (a folder where a process leaves its number while it holds a context, 500 MiB each),
//   PAPER_LIST (how NVML numbers them: own, the default; host, of another PID namespace; none)
//   PAPER_FABRIC (state of the fabric), PAPER_CONFIDENTIAL (0: confidential computing, not ready yet; 1: ready)
// Its cards compute: memory is the host's, and launching "linear" computes it.  A handle or a size that
// the real driver would not take ends the process, so that a call of the wrong shape is seen.
#include <dirent.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

typedef void *handle;

static int number(const char *name, int otherwise) {
    const char *text = getenv(name);
    return text && *text ? atoi(text) : otherwise;
}
static const char *word(const char *name, const char *otherwise) {
    const char *text = getenv(name);
    return text ? text : otherwise;
}
static int listed(const char *variable, const char *call, int otherwise) {
    size_t length = strlen(call);
    for (const char *at = word(variable, ""); *at; at += strcspn(at, ","), at += *at == ',')
        if (!strncmp(at, call, length) && at[length] == '=') return atoi(at + length + 1);
    return otherwise;
}
static int answer(const char *call) {
    if (!strcmp(word("PAPER_HANG", ""), call)) for (;;) pause();
    if (!strcmp(word("PAPER_CRASH", ""), call)) abort();
    sleep(listed("PAPER_SLOW", call, 0));
    return listed("PAPER_REFUSE", call, 0);
}
static int cards(void) { return number("PAPER_CARDS", 1); }
static int instances(void) { return number("PAPER_MIG", 0); }
static void uuid_bytes(uint8_t *to, int card, int instance) {
    memset(to, 0xa0 + card, 16);
    if (instance >= 0) to[15] = 0xe0 + instance;
}
static void uuid_text(char *to, int card, int instance) {
    uint8_t b[16];
    uuid_bytes(b, card, instance);
    sprintf(to, "%s-%02x%02x%02x%02x-%02x%02x-%02x%02x-%02x%02x-%02x%02x%02x%02x%02x%02x",
            instance < 0 ? "GPU" : "MIG", b[0], b[1], b[2], b[3], b[4], b[5], b[6], b[7], b[8], b[9], b[10],
            b[11], b[12], b[13], b[14], b[15]);
}

#ifdef CUDA
struct code { int number; const char *name, *text; };
static const struct code CODES[] = {
    {0, "CUDA_SUCCESS", "no error"},
    {34, "CUDA_ERROR_STUB_LIBRARY", "CUDA driver is a stub library"},
    {100, "CUDA_ERROR_NO_DEVICE", "no CUDA-capable device is detected"},
    {221, "CUDA_ERROR_JIT_COMPILER_NOT_FOUND", "PTX JIT compiler library not found"},
    {304, "CUDA_ERROR_OPERATING_SYSTEM", "OS call failed or operation not supported on this OS"},
    {802, "CUDA_ERROR_SYSTEM_NOT_READY", "system not yet initialized"},
    {803, "CUDA_ERROR_SYSTEM_DRIVER_MISMATCH",
     "system has unsupported display driver / cuda driver combination"},
    {804, "CUDA_ERROR_COMPAT_NOT_SUPPORTED_ON_DEVICE",
     "forward compatibility was attempted on non supported HW"},
    {999, "CUDA_ERROR_UNKNOWN", "unknown error"},
};
static const struct code *code_of(int status) {
    for (size_t n = 0; n < sizeof CODES / sizeof *CODES; n++)
        if (CODES[n].number == status) return &CODES[n];
    return NULL;
}
int cuGetErrorName(int status, const char **text) {
    *text = code_of(status) ? code_of(status)->name : NULL;
    return *text ? 0 : 1;
}
int cuGetErrorString(int status, const char **text) {
    *text = code_of(status) ? code_of(status)->text : NULL;
    return *text ? 0 : 1;
}
int cuDriverGetVersion(int *version) { *version = number("PAPER_CUDA", 12040); return answer("cuDriverGetVersion"); }
// tritonserver's CUDA runtime asks for tables of functions that are not here: with PAPER_SERVER=0 it sees no card
static int hidden(void) {
    char name[16] = "";
    FILE *file = number("PAPER_SERVER", 1) ? NULL : fopen("/proc/self/comm", "r");
    if (!file) return 0;
    fgets(name, sizeof name, file);
    fclose(file);
    return !strncmp(name, "tritonserver", 12);
}
int cuInit(unsigned flags) {
    int code = answer("cuInit");
    if (hidden()) return 100;
    return code ? code : number("PAPER_CUINIT", flags);
}
// the only card whose UUID begins like that, or -1
static int card_of_uuid(const char *start, size_t length) {
    char text[64];
    int found = -1;
    for (int card = 0; card < cards(); card++)
        if (uuid_text(text, card, -1), length <= strlen(text) && !strncmp(text, start, length)) {
            if (found >= 0) return -1;
            found = card;
        }
    return found;
}
// CUDA_VISIBLE_DEVICES by NVIDIA's guide (the first invalid entry ends the list), and, where that says nothing, by
// PyTorch's model, which was compared with driver 525.60.13: all are of the first one's kind; one twice leaves none
static int visible(void) {
    const char *given = getenv("CUDA_VISIBLE_DEVICES"), *text[64];
    size_t length[64];
    int card[64], listed = 0, count = 0;
    if (!given || getenv("PAPER_SHOWN")) return number("PAPER_SHOWN", cards());
    int by_uuid = !strncmp(given, "GPU-", 4);
    for (const char *at = given; *at && listed < 64; at += length[listed], at += *at == ',', listed++) {
        char *rest;
        text[listed] = at, length[listed] = strcspn(at, ",");
        card[listed] = by_uuid ? 0 : strtol(at, &rest, 10);
        if (by_uuid ? strncmp(at, "GPU-", 4) : rest == at || card[listed] < 0) break;
        for (int n = 0; n < listed; n++)
            if (by_uuid ? length[n] == length[listed] && !strncmp(text[n], at, length[n]) : card[n] == card[listed])
                return 0;
    }
    for (; count < listed; count++) {
        if (by_uuid) card[count] = card_of_uuid(text[count], length[count]);
        if (card[count] < 0 || card[count] >= cards()) break;
        for (int n = 0; n < count; n++)
            if (card[n] == card[count]) return 0;
    }
    return count;
}
int cuDeviceGetCount(int *count) {
    *count = instances() ? 1 : visible();
    return *count ? 0 : 100;
}
int cuDeviceGet(int *device, int which) { *device = which; return 0; }
int cuDeviceGetName(char *name, int size, int device) {
    snprintf(name, size, "%s%s", word("PAPER_NAME", "NVIDIA Paper 9000"), instances() ? " MIG 1g.10gb" : "");
    return 0;
}
int cuDeviceGetUuid(uint8_t *uuid, int device) { uuid_bytes(uuid, device, -1); return 0; }
int cuDeviceGetUuid_v2(uint8_t *uuid, int device) { uuid_bytes(uuid, device, instances() ? 0 : -1); return 0; }
int cuDeviceTotalMem_v2(size_t *total, int device) { *total = (size_t)number("PAPER_TOTAL", 81559) << 20; return 0; }
int cuDeviceGetAttribute(int *value, int which, int device) {
    int capability = number("PAPER_CAPABILITY", 90);
    *value = which == 75 ? capability / 10 : capability % 10;
    return 0;
}

typedef uint64_t address;
static char context[1], module[1], kernel[1];
static handle current;

static void must(int holds, const char *what) {
    if (holds) return;
    fprintf(stderr, "paper libcuda: %s\n", what);
    abort();
}
int cuDevicePrimaryCtxRetain(handle *made, int device) {
    char path[4096];
    must(made && device >= 0 && device < cards(), "cuDevicePrimaryCtxRetain: no such device");
    if (getenv("PAPER_STATE")) {
        snprintf(path, sizeof path, "%s/%d", getenv("PAPER_STATE"), getpid());
        fclose(fopen(path, "w"));
    }
    *made = context;
    return answer("cuDevicePrimaryCtxRetain");
}
int cuCtxSetCurrent(handle wanted) {
    must(wanted == context || !wanted, "cuCtxSetCurrent: no such context");
    current = wanted;
    return 0;
}
int cuCtxSynchronize(void) { return current == context ? 0 : 201; }
// CUDA 13 exports this beside the first, with an argument that the first has not
int cuCtxSynchronize_v2(handle wanted) {
    must(wanted == context, "cuCtxSynchronize_v2: no such context");
    return 0;
}
int cuModuleLoadData(handle *made, const char *image) {
    must(made && strstr(image, ".visible .entry linear("), "cuModuleLoadData: not the expected image");
    *made = module;
    return answer("cuModuleLoadData");
}
int cuModuleGetFunction(handle *made, handle from, const char *name) {
    must(from == module && !strcmp(name, "linear"), "cuModuleGetFunction: no such function");
    *made = kernel;
    return 0;
}
int cuMemAlloc_v2(address *at, size_t size) {
    must(current == context && size && size < 1 << 28, "cuMemAlloc: no context, or a strange size");
    *at = (address)malloc(size);
    return 0;
}
int cuMemFree_v2(address at) { free((void *)at); return 0; }
int cuMemcpyHtoD_v2(address at, const void *from, size_t size) { memcpy((void *)at, from, size); return 0; }
int cuMemcpyDtoH_v2(void *to, address from, size_t size) { memcpy(to, (void *)from, size); return 0; }
int cuPointerGetAttribute(unsigned *kind, int which, address at) {
    must(which == 2 && at, "cuPointerGetAttribute: only the memory type of an address");
    *kind = number("PAPER_MEMORY_TYPE", 2);
    return 0;
}
int cuLaunchKernel(handle what, unsigned gx, unsigned gy, unsigned gz, unsigned bx, unsigned by, unsigned bz,
                   unsigned shared, handle stream, void **values, void **extra) {
    float *rows = (float *)*(address *)values[0], *weights = (float *)*(address *)values[1];
    float *bias = (float *)*(address *)values[2], *out = (float *)*(address *)values[3];
    unsigned count = *(unsigned *)values[4];
    must(what == kernel && current == context, "cuLaunchKernel: no such kernel, or no context");
    must(gx * bx >= count && gy * gz * by * bz == 1 && !shared && !stream && !extra, "cuLaunchKernel: shape");
    for (unsigned row = 0; row < count; row++)
        for (int column = 0; column < 3; column++)
            out[3 * row + column] = bias[column] + rows[2 * row] * weights[column]
                                    + rows[2 * row + 1] * weights[3 + column];
    return 0;
}
#else
enum { SUCCESS, UNINITIALIZED, INVALID, NOT_SUPPORTED, NO_PERMISSION, NOT_FOUND = 6, TOO_SMALL };
struct memory { unsigned long long total, free, used; };
struct memory_v2 { unsigned version; unsigned long long total, reserved, free, used; };
struct pci { char legacy[16]; unsigned domain, bus, device, id, subsystem; char bus_id[32]; };
struct process { unsigned pid; unsigned long long used; unsigned gpu_instance, compute_instance; };

static int card_of(handle one) { return (int)(intptr_t)one % 100 - 1; }
static int instance_of(handle one) { return (int)(intptr_t)one / 100 - 1; }

const char *nvmlErrorString(int status) {
    switch (status) {
    case 3: return "Not Supported";
    case 4: return "Insufficient Permissions";
    case 9: return "Driver Not Loaded";
    case 12: return "NVML Shared Library Not Found";
    case 15: return "GPU is lost";
    case 17: return "GPU access blocked by the operating system";
    case 18: return "Driver/library version mismatch";
    case 999: return "Unknown Error";
    default: return "Success";
    }
}
int nvmlInitWithFlags(unsigned flags) { return answer("nvmlInit") ? 1 : number("PAPER_NVML", flags); }
int nvmlShutdown(void) { return 0; }
int nvmlSystemGetDriverVersion(char *text, unsigned size) {
    snprintf(text, size, "%s", word("PAPER_DRIVER", "550.54.15"));
    return 0;
}
int nvmlSystemGetCudaDriverVersion(int *version) { *version = number("PAPER_CUDA", 12040); return 0; }
int nvmlDeviceGetCount_v2(unsigned *count) { *count = cards(); return 0; }
int nvmlDeviceGetHandleByIndex_v2(unsigned index, handle *card) {
    *card = (handle)(intptr_t)(index + 1);
    return answer("nvmlDeviceGetHandleByIndex");
}
int nvmlDeviceGetName(handle card, char *name, unsigned size) {
    snprintf(name, size, "%s%s", word("PAPER_NAME", "NVIDIA Paper 9000"),
             instance_of(card) < 0 ? "" : " MIG 1g.10gb");
    return 0;
}
int nvmlDeviceGetUUID(handle card, char *uuid, unsigned size) {
    uuid_text(uuid, card_of(card), instance_of(card));
    return size < 41;
}
int nvmlDeviceGetPciInfo_v3(handle card, struct pci *pci) {
    memset(pci, 0, sizeof *pci);
    sprintf(pci->bus_id, "00000000:%02X:00.0", card_of(card) + 1);
    return 0;
}
int nvmlDeviceGetCudaComputeCapability(handle card, int *major, int *minor) {
    int capability = number("PAPER_CAPABILITY", 90);
    *major = capability / 10, *minor = capability % 10;
    return 0;
}
// the processes that hold a context of the stand-in libcuda
static unsigned holders(unsigned *numbers, unsigned most) {
    unsigned count = 0;
    DIR *folder = opendir(word("PAPER_STATE", ""));
    for (struct dirent *entry; folder && (entry = readdir(folder));) {
        int process = atoi(entry->d_name);
        if (process > 0 && count < most && !kill(process, 0)) numbers[count++] = process;
    }
    if (folder) closedir(folder);
    return count;
}
int nvmlDeviceGetMemoryInfo(handle card, struct memory *memory) {
    unsigned numbers[64];
    memory->total = (unsigned long long)number("PAPER_TOTAL", 81559) << 20;
    memory->free = (unsigned long long)(number("PAPER_FREE", 81000) - 500 * holders(numbers, 64)) << 20;
    memory->used = memory->total - memory->free;
    return answer("nvmlDeviceGetMemoryInfo");
}
int nvmlDeviceGetMemoryInfo_v2(handle card, struct memory_v2 *memory) {
    struct memory plain;
    int status = nvmlDeviceGetMemoryInfo(card, &plain);
    if (memory->version != 0x02000028) return INVALID;
    memory->total = plain.total, memory->free = plain.free, memory->reserved = 559ull << 20;
    memory->used = plain.used - memory->reserved;
    return status;
}
int nvmlDeviceGetComputeMode(handle card, unsigned *mode) { *mode = number("PAPER_MODE", 0); return 0; }
int nvmlDeviceGetMigMode(handle card, unsigned *now, unsigned *pending) {
    *now = *pending = 1;
    return getenv("PAPER_MIG") ? 0 : NOT_SUPPORTED;
}
int nvmlDeviceGetMaxMigDeviceCount(handle card, unsigned *count) { *count = 7; return 0; }
int nvmlDeviceGetMigDeviceHandleByIndex(handle card, unsigned index, handle *instance) {
    *instance = (handle)((intptr_t)card + 100 * (index + 1));
    return (int)index < instances() ? 0 : NOT_FOUND;
}
static int running(unsigned *count, struct process *found) {
    unsigned there = number("PAPER_PROCESSES", 0), numbers[64], ours = 0, shift = 0;
    int status = answer("nvmlDeviceGetComputeRunningProcesses");
    if (status) return status;
    if (strcmp(word("PAPER_LIST", "own"), "none")) ours = holders(numbers, 64);
    if (!strcmp(word("PAPER_LIST", "own"), "host")) shift = 4000000;
    if (*count < there + ours) { *count = there + ours; return TOO_SMALL; }
    *count = there + ours;
    for (unsigned n = 0; n < there; n++) found[n] = (struct process){n ? 70000 + n : 1, (20000ull + n) << 20, 0, 0};
    for (unsigned n = 0; n < ours; n++)
        found[there + n] = (struct process){numbers[n] + shift, getenv("PAPER_UNTOLD") ? ~0ull : 500ull << 20, 0, 0};
    return 0;
}
#if AGE < 1  // 510 and later
int nvmlDeviceGetComputeRunningProcesses_v3(handle card, unsigned *count, struct process *found) {
    return running(count, found);
}
int nvmlDeviceGetMPSComputeRunningProcesses_v3(handle card, unsigned *count, struct process *found) {
    *count = 0;
    return 0;
}
#endif
#if AGE < 2  // 470
int nvmlDeviceGetComputeRunningProcesses_v2(handle card, unsigned *count, struct process *found) {
    return running(count, found);
}
#endif
int nvmlDeviceGetEccMode(handle card, unsigned *now, unsigned *pending) { *now = *pending = 1; return 0; }
int nvmlDeviceGetTotalEccErrors(handle card, unsigned kind, unsigned counter, unsigned long long *count) {
    *count = 0;
    return kind != 1 || counter != 0;
}
int nvmlDeviceGetRetiredPages(handle card, unsigned cause, unsigned *count, unsigned long long *pages) {
    *count = 0;
    return NOT_SUPPORTED;
}
int nvmlDeviceGetRetiredPagesPendingStatus(handle card, unsigned *pending) { return NOT_SUPPORTED; }
int nvmlDeviceGetRemappedRows(handle card, unsigned *right, unsigned *wrong, unsigned *pending, unsigned *failed) {
    *right = *wrong = *pending = *failed = 0;
    return 0;
}
int nvmlDeviceGetPersistenceMode(handle card, unsigned *on) { *on = 1; return 0; }
struct fabric { uint8_t cluster[16]; int status; unsigned clique; uint8_t state; };
int nvmlDeviceGetGpuFabricInfo(handle card, struct fabric *fabric) {
    memset(fabric, 0, sizeof *fabric);
    fabric->state = number("PAPER_FABRIC", 0);
    return 0;
}
struct confidential { unsigned environment, feature, tools; };
int nvmlSystemGetConfComputeState(struct confidential *state) {
    memset(state, 0, sizeof *state);
    state->feature = getenv("PAPER_CONFIDENTIAL") != NULL;
    return 0;
}
int nvmlSystemGetConfComputeGpusReadyState(unsigned *ready) { *ready = number("PAPER_CONFIDENTIAL", 0); return 0; }
#endif
