/* Runs a fuzz target on the files that are named, without libFuzzer; prints how many there were. */
#include <stdint.h>
#include <stdio.h>

int LLVMFuzzerTestOneInput(const uint8_t *input, size_t size);

int main(int argc, char **argv) {
    static uint8_t input[1 << 16];
    for (int i = 1; i < argc; i++) {
        FILE *file = fopen(argv[i], "rb");
        if (!file) {
            perror(argv[i]);
            return 1;
        }
        size_t size = fread(input, 1, sizeof input, file);
        fclose(file);
        fprintf(stderr, "%s\n", argv[i]); /* the last one is what a sanitizer complains of */
        LLVMFuzzerTestOneInput(input, size);
    }
    printf("%d\n", argc - 1);
    return 0;
}
