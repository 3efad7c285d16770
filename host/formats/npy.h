/* numpy's .npy files: https://numpy.org/doc/stable/reference/generated/numpy.lib.format.html */
#ifndef WCL_FORMATS_NPY_H
#define WCL_FORMATS_NPY_H

#include "base/text.h"
#include "base/file.h"

bool wcl__npy_is(const wcl__file *file);
/* The tensor that the file holds, its data a view of the file. */
wcl_status wcl__npy_read(const wcl__file *file, wcl_tensor *tensor);
/* The bytes that stand before the tensor's data. */
wcl_status wcl__npy_header(const wcl_tensor *tensor, wcl__text *header);

#endif
