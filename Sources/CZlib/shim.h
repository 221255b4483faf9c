#ifndef MAILARC_CZLIB_SHIM_H
#define MAILARC_CZLIB_SHIM_H

#include <zlib.h>

#endif
