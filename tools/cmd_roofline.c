/* winocl roofline: what the device can do at most. */
#include <stdio.h>
#include <stdlib.h>

#include "command.h"
#include "engine.h"
#include "escape.h"

/* What becomes of the rates. */
static const char *what_for(const wcl_device_rates *rates)
{
    if (!rates->stored)
        return "not stored: there is no cache that can be written";
    return rates->kept ? "plans keep the rates that were stored before: these are near them"
                       : "stored: from now on plans for this device are made by these rates";
}

static int print_text(const wcl_device_info *device, const wcl_device_rates *rates)
{
    char *buffer = wcl__format_bytes((double)rates->buffer_bytes);
    if (!buffer)
        return wcl__complain_memory();
    wcl__print_line("%s (%s, %s)", device->name, device->platform, device->driver);
    printf("%10.1f GFLOP/s    float32, %s\n", rates->gflops,
           device->has_fma ? "fused multiply-adds"
                           : "multiplications and additions: the device has no fused ones");
    printf("%10.1f GB/s       read from a buffer of %s\n", rates->gigabytes_per_second, buffer);
    printf("%10.1f FLOP/byte  the ridge: with less work a byte, the memory sets the time\n",
           rates->gflops / rates->gigabytes_per_second);
    printf("%10.1f us         a launch, besides its work\n", rates->launch_microseconds);
    puts(what_for(rates));
    free(buffer);
    return WCL__DONE;
}

static int print_json(const wcl_device_info *device, const wcl_device_rates *rates)
{
    cJSON *root = cJSON_CreateObject();
    cJSON_AddNumberToObject(root, "schema", 1);
    cJSON_AddStringToObject(root, "version", wcl_version());
    cJSON_AddItemToObject(root, "device", wcl__json_device(device));
    cJSON_AddBoolToObject(root, "fma", device->has_fma);
    cJSON_AddNumberToObject(root, "gflops", rates->gflops);
    cJSON_AddNumberToObject(root, "gigabytes_per_second", rates->gigabytes_per_second);
    cJSON_AddNumberToObject(root, "ridge_flop_per_byte", rates->gflops / rates->gigabytes_per_second);
    cJSON_AddNumberToObject(root, "buffer_bytes", (double)rates->buffer_bytes);
    cJSON_AddNumberToObject(root, "launch_us", rates->launch_microseconds);
    cJSON_AddBoolToObject(root, "stored", rates->stored);
    cJSON_AddBoolToObject(root, "kept", rates->kept);
    return wcl__print_json(root);
}

int wcl__cmd_roofline(const wcl__options *options)
{
    wcl__engine engine = {0};
    wcl_device_info device = WCL_DEVICE_INFO_INIT;
    wcl_device_rates rates = WCL_DEVICE_RATES_INIT;
    int result = WCL__DONE;
    if ((result = wcl__engine_device(&engine, options)) == WCL__DONE &&
        (result = wcl__complain_library(wcl_device_get_info(engine.device, &device))) == WCL__DONE &&
        (result = wcl__complain_about(device.name, wcl_device_measure(engine.device, &rates))) == WCL__DONE)
        result = options->json ? print_json(&device, &rates) : print_text(&device, &rates);
    wcl__engine_close(&engine);
    return result;
}
