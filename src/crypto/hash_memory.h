/* crypto/hash_memory.h: the memory that argon2id fills, kept from one hash to the next.
 *
 * libsodium maps its megabytes anew for each hash, which costs as much as the hash itself.  It is
 * linked statically with mmap and munmap wrapped (-Wl,--wrap=mmap,--wrap=munmap), and between
 * hash_memory_enter() and hash_memory_leave() the wrapper gives the thread this memory instead.
 * Everywhere and at any other time the wrappers pass on.  Linked without --wrap all still works,
 * only slower.
 *
 * One thread at a time. */
#pragma once
#include <stdbool.h>
#include <stddef.h>

struct hash_memory {
    void  *mapping;         /* NULL until first entered; owned */
    size_t mapping_bytes;
    char  *at;              /* 2 MiB aligned, `bytes` long */
    size_t bytes;
    bool   taken;           /* between the wrapped mmap and munmap */
    bool   dirty;           /* holds what a hash has left there */
};

/* Nothing is mapped yet. */
struct hash_memory hash_memory_new(size_t bytes);

/* This thread's next mapping of at most `bytes` is this memory.  Maps it on first use; without
 * memory for that, the mapping is left to the kernel. */
void hash_memory_enter(struct hash_memory *m);
void hash_memory_leave(struct hash_memory *m);

/* Zeros what hashes have left; false when there was nothing. */
bool hash_memory_wipe(struct hash_memory *m);

/* Wipes and unmaps; may be entered again. */
void hash_memory_close(struct hash_memory *m);
