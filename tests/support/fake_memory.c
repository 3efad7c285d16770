#include "support/fake_memory.h"

#include <stddef.h>

static int calls, failing, live;
static bool failing_rest;

void *__real_malloc(size_t bytes);
void *__real_calloc(size_t count, size_t size);
void *__real_realloc(void *old, size_t bytes);
void __real_free(void *memory);
void *__wrap_malloc(size_t bytes);
void *__wrap_calloc(size_t count, size_t size);
void *__wrap_realloc(void *old, size_t bytes);
void __wrap_free(void *memory);

void fake_memory_fail(int nth, bool rest)
{
    __atomic_store_n(&calls, 0, __ATOMIC_SEQ_CST);
    failing_rest = rest;
    __atomic_store_n(&failing, nth, __ATOMIC_SEQ_CST);
}

int fake_memory_calls(void)
{
    return __atomic_load_n(&calls, __ATOMIC_SEQ_CST);
}

bool fake_memory_failed(void)
{
    const int nth = __atomic_load_n(&failing, __ATOMIC_SEQ_CST);
    return nth > 0 && fake_memory_calls() >= nth;
}

static bool is_failing(void)
{
    const int call = __atomic_add_fetch(&calls, 1, __ATOMIC_SEQ_CST),
              nth = __atomic_load_n(&failing, __ATOMIC_SEQ_CST);
    return nth > 0 && (call == nth || (failing_rest && call > nth));
}

static void *count(void *memory, int made)
{
    if (memory)
        __atomic_add_fetch(&live, made, __ATOMIC_SEQ_CST);
    return memory;
}

int fake_memory_live(void)
{
    return __atomic_load_n(&live, __ATOMIC_SEQ_CST);
}

void *__wrap_malloc(size_t bytes)
{
    return is_failing() ? NULL : count(__real_malloc(bytes), 1);
}

void *__wrap_calloc(size_t number, size_t size)
{
    return is_failing() ? NULL : count(__real_calloc(number, size), 1);
}

void *__wrap_realloc(void *old, size_t bytes)
{
    return is_failing() ? NULL : count(__real_realloc(old, bytes), old ? 0 : 1);
}

void __wrap_free(void *memory)
{
    __real_free(count(memory, -1));
}
