// zlib as the operating system ships it.
#include <zlib.h>
