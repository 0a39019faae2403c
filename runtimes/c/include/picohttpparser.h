/* In the place of the header of this name, for programs that include it. */
#include "pronto.h"
