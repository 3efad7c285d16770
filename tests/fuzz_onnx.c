/* libFuzzer target: any bytes as an ONNX model. Build with -DWINOCL_FUZZ=ON and clang, then
 *
 *     fuzz_onnx -max_len=65536 CORPUS tests/data/exports tests/data/zoo
 */
#include <stdlib.h>
#include <string.h>

#include <winocl/winocl.h>

static void release(void *user)
{
    free(user);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t bytes);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t bytes)
{
    wcl_model *model = NULL;
    /* exactly as large as the input, so that the sanitizer sees a byte too many, and freed when the library
     * says so */
    void *copy = malloc(bytes + !bytes);
    if (!copy)
        return 0;
    if (bytes)
        memcpy(copy, data, bytes);
    if (wcl_model_load_memory(copy, bytes, release, copy, &model) != WCL_OK) {
        if (model || !*wcl_last_error()->message)
            abort(); /* a failure has no model and a reason */
        return 0;
    }
    for (int i = 0; i < wcl_model_input_count(model); i++) {
        wcl_tensor info;
        if (wcl_model_input_info(model, i, &info) != WCL_OK || info.rank > WCL_MAX_RANK)
            abort();
    }
    wcl_model_destroy(model);
    return 0;
}
