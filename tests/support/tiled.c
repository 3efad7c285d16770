#include "support/tiled.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

const wcl__facts tiled_roomy = {.type = CL_DEVICE_TYPE_GPU,
                                .compute_units = 40,
                                .local_bytes = 32768,
                                .max_work_group = 256,
                                .max_item = {256, 256, 64}};

void tiled_check_illegal(const wcl__param_table *table, void *params, const tiled_illegal *illegal)
{
    wcl__params_standard(table, params);
    assert_int_equal(wcl__params_parse(table, illegal->params, params), WCL_OK);
    if (wcl__params_validate(table, params) != WCL_BAD_ARGUMENT ||
        !strstr(wcl_last_error()->message, illegal->reason))
        fail_msg("%s: %s", illegal->params, wcl_last_error()->message);
}
