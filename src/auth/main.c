/* main.c: runs the postern service. */
#include "auth/program.h"

int main(int argc, char **argv)
{
    return service_main(argc, argv, &postern_program);
}
