/* Readers: each builds a model through the builder. */
#ifndef WCL_FORMATS_FORMATS_H
#define WCL_FORMATS_FORMATS_H

#include "base/file.h"

/* Reads an ONNX model; external data files are looked for in `folder` (NULL: refused). The file is retained
 * while views of it live. */
wcl_status wcl__onnx_read(wcl__file *file, const char *folder, wcl_model **out);
/* "vgg16?classes=10&size=64&seed=1" */
wcl_status wcl__zoo_build(const char *name, wcl_model **out);

#endif
