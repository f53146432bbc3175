/* The node's inner loops in C: hashing in batches, state pages, the form of CBOR.
 *
 * Everything here has a portable twin in Python (core/merkle.py, core/statetree/, core/cbor.py)
 * that gives the same bytes; tests run both. No allocation is kept, nothing is global, every
 * pointer comes with its bound. Built by native/build.sh, called by native/library.py.
 */

#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

/* SHA-256 of this file, set by build.sh: a library built from another text is not used. */
const char animica_source[] = ANIMICA_SOURCE;

/* ------------------------------------------------------------------ SHA3-256, LANES at once */

#define LANES 4
#define RATE 136
typedef uint64_t lane __attribute__((vector_size(8 * LANES)));

#if defined(__x86_64__) && defined(__GNUC__) && !defined(__clang__)
#define BEST_OF __attribute__((target_clones("avx512f", "avx2", "default")))
#else
#define BEST_OF
#endif

static const uint64_t ROUND[24] = {
    0x0000000000000001, 0x0000000000008082, 0x800000000000808a, 0x8000000080008000,
    0x000000000000808b, 0x0000000080000001, 0x8000000080008081, 0x8000000000008009,
    0x000000000000008a, 0x0000000000000088, 0x0000000080008009, 0x000000008000000a,
    0x000000008000808b, 0x800000000000008b, 0x8000000000008089, 0x8000000000008003,
    0x8000000000008002, 0x8000000000000080, 0x000000000000800a, 0x800000008000000a,
    0x8000000080008081, 0x8000000000008080, 0x0000000080000001, 0x8000000080008008};

#define ROL(x, n) (((x) << (n)) | ((x) >> (64 - (n))))
#define MOVE(from, to, n) b[to] = ROL(s[from], n);

/* Keccak-f[1600] on LANES states, FIPS 202 section 3. */
BEST_OF static void permute(lane *s)
{
    lane b[25], c[5], d;
    for (int round = 0; round < 24; round++) {
        for (int x = 0; x < 5; x++)
            c[x] = s[x] ^ s[x + 5] ^ s[x + 10] ^ s[x + 15] ^ s[x + 20];
        for (int x = 0; x < 5; x++) {
            d = c[(x + 4) % 5] ^ ROL(c[(x + 1) % 5], 1);
            for (int y = 0; y < 25; y += 5)
                s[x + y] ^= d;
        }
        b[0] = s[0];
        MOVE(1, 10, 1) MOVE(10, 7, 3) MOVE(7, 11, 6) MOVE(11, 17, 10) MOVE(17, 18, 15)
        MOVE(18, 3, 21) MOVE(3, 5, 28) MOVE(5, 16, 36) MOVE(16, 8, 45) MOVE(8, 21, 55)
        MOVE(21, 24, 2) MOVE(24, 4, 14) MOVE(4, 15, 27) MOVE(15, 23, 41) MOVE(23, 19, 56)
        MOVE(19, 13, 8) MOVE(13, 12, 25) MOVE(12, 2, 43) MOVE(2, 20, 62) MOVE(20, 14, 18)
        MOVE(14, 22, 39) MOVE(22, 9, 61) MOVE(9, 6, 20) MOVE(6, 1, 44)
        for (int y = 0; y < 25; y += 5)
            for (int x = 0; x < 5; x++)
                s[x + y] = b[x + y] ^ (~b[(x + 1) % 5 + y] & b[(x + 2) % 5 + y]);
        s[0] ^= (lane){0} + ROUND[round];
    }
}

static uint64_t load64(const uint8_t *p)
{
    uint64_t v;
    memcpy(&v, p, 8);
#if __BYTE_ORDER__ == __ORDER_BIG_ENDIAN__
    v = __builtin_bswap64(v);
#endif
    return v;
}

static void absorb(lane *s, const uint8_t block[LANES][RATE])
{
    for (int w = 0; w < RATE / 8; w++)
        for (int l = 0; l < LANES; l++)
            s[w][l] ^= load64(block[l] + 8 * w);
    permute(s);
}

static void squeeze(const lane *s, int l, uint8_t *out)
{
    for (int w = 0; w < 4; w++) {
        uint64_t v = s[w][l];
#if __BYTE_ORDER__ == __ORDER_BIG_ENDIAN__
        v = __builtin_bswap64(v);
#endif
        memcpy(out + 8 * w, &v, 8);
    }
}

/* Short messages (under RATE bytes) collected until there are LANES of them. */
typedef struct {
    uint8_t block[LANES][RATE];
    uint8_t *out[LANES];
    int count;
} Batch;

static void flush(Batch *b)
{
    if (!b->count)
        return;
    lane s[25];
    memset(s, 0, sizeof s);
    absorb(s, (const uint8_t(*)[RATE])b->block);
    for (int l = 0; l < b->count; l++)
        squeeze(s, l, b->out[l]);
    b->count = 0;
}

/* out = H(prefix || left || right), written at the next flush at the latest. */
static void push(Batch *b, uint8_t prefix, const uint8_t *left, const uint8_t *right, uint8_t *out)
{
    uint8_t *block = b->block[b->count];
    block[0] = prefix;
    memcpy(block + 1, left, 32);
    memcpy(block + 33, right, 32);
    memset(block + 65, 0, RATE - 65);
    block[65] = 0x06;
    block[RATE - 1] |= 0x80;
    b->out[b->count++] = out;
    if (b->count == LANES)
        flush(b);
}

/* Digests of `count` items that lie one behind the other in `data`; item i ends at ends[i].
 * Each is hashed with `prefix` in front of it unless that is negative. */
void animica_sha3_each(size_t count, const uint8_t *data, const uint64_t *ends, int prefix,
                       uint8_t *out)
{
    for (size_t first = 0; first < count; first += LANES) {
        int lanes = count - first < LANES ? (int)(count - first) : LANES;
        lane s[25];
        memset(s, 0, sizeof s);
        int unfinished = lanes;
        size_t block_index = 0;
        while (unfinished) {
            uint8_t block[LANES][RATE];
            memset(block, 0, sizeof block);
            int last[LANES] = {0};
            for (int l = 0; l < lanes; l++) {
                size_t i = first + l, start = i ? ends[i - 1] : 0;
                size_t head = prefix >= 0, size = ends[i] - start + head;
                size_t at = block_index * RATE;
                if (at > size)
                    continue; /* finished before: this lane runs idle */
                size_t take = size - at < RATE ? size - at : RATE;
                if (at == 0 && head && take) {
                    block[l][0] = (uint8_t)prefix;
                    memcpy(block[l] + 1, data + start, take - 1);
                } else {
                    memcpy(block[l], data + start + at - head, take);
                }
                if (take < RATE) {
                    block[l][take] ^= 0x06;
                    block[l][RATE - 1] ^= 0x80;
                    last[l] = 1;
                }
            }
            absorb(s, (const uint8_t(*)[RATE])block);
            for (int l = 0; l < lanes; l++)
                if (last[l]) {
                    squeeze(s, l, out + 32 * (first + l));
                    unfinished--;
                }
            block_index++;
        }
    }
}

/* RFC 6962 root of at least one item; `work` has room for 32 bytes an item and gets overwritten. */
void animica_merkle_root(size_t count, const uint8_t *data, const uint64_t *ends, uint8_t *work)
{
    animica_sha3_each(count, data, ends, 0, work);
    while (count > 1) {
        Batch batch = {.count = 0};
        for (size_t i = 0; i + 1 < count; i += 2)
            push(&batch, 1, work + 32 * i, work + 32 * (i + 1), work + 16 * i);
        flush(&batch);
        if (count & 1)
            memmove(work + 16 * (count - 1), work + 32 * (count - 1), 32);
        count = (count + 1) / 2;
    }
}

/* ------------------------------------------------------------------ state pages */

/* A page in memory, as core/statetree/page.py describes it: two heaps of eight slots.
 * Contents have 0 bytes (nothing), 32 (a node hash) or 64 (one record). */
typedef struct {
    uint8_t size[32];
    uint8_t content[32][64];
} Page;

#define PAGE_MOST 1476 /* kinds, 16 records, 14 inner hashes */

static void put(Page *p, int i, const uint8_t *content, uint8_t size)
{
    p->size[i] = size;
    memcpy(p->content[i], content, size);
}

/* Whether the place above two contents holds a node of its own; else the lone content moves up. */
static int is_node(uint8_t left, uint8_t right)
{
    return !((!right && left != 32) || (!left && right != 32));
}

/* Returns 0 when the bytes are not a page. A missing page (NULL) is an empty one. */
static int decode_page(Page *p, const uint8_t *data, uint32_t size)
{
    memset(p->size, 0, sizeof p->size);
    if (!data)
        return 1;
    if (size < 4)
        return 0;
    uint32_t at = 4;
    for (int heap = 0; heap < 32; heap += 16) {
        unsigned kinds = data[heap / 8] << 8 | data[heap / 8 + 1];
        int stored[16] = {0};
        for (int slot = 0; slot < 8; slot++) {
            unsigned kind = kinds >> (14 - 2 * slot) & 3;
            if (kind == 3)
                return 0;
            p->size[heap + 8 + slot] = (uint8_t)(kind << 5);
            stored[8 + slot] = kind != 0;
        }
        for (int i = 7; i > 0; i--) {
            uint8_t left = p->size[heap + 2 * i], right = p->size[heap + 2 * i + 1];
            stored[i] = is_node(left, right);
            p->size[heap + i] = stored[i] ? 32 : (uint8_t)(left | right);
        }
        for (int i = 1; i < 16; i++) {
            if (!stored[i])
                continue;
            uint8_t length = p->size[heap + i];
            if (size - at < length)
                return 0;
            memcpy(p->content[heap + i], data + at, length);
            at += length;
        }
        for (int i = 7; i > 0; i--)
            if (!stored[i] && p->size[heap + i]) {
                int from = heap + 2 * i + (p->size[heap + 2 * i] == 0);
                memcpy(p->content[heap + i], p->content[from], 64);
            }
    }
    return at == size;
}

static uint32_t encode_page(const Page *p, uint8_t *out)
{
    uint32_t at = 4;
    for (int heap = 0; heap < 32; heap += 16) {
        unsigned kinds = 0;
        for (int slot = 0; slot < 8; slot++)
            kinds |= (unsigned)(p->size[heap + 8 + slot] >> 5) << (14 - 2 * slot);
        out[heap / 8] = (uint8_t)(kinds >> 8);
        out[heap / 8 + 1] = (uint8_t)kinds;
        for (int i = 1; i < 16; i++) {
            uint8_t size = p->size[heap + i];
            if (!size || (i < 8 && size != 32))
                continue;
            memcpy(out + at, p->content[heap + i], size);
            at += size;
        }
    }
    return at;
}

static int slot_of(const uint8_t *key, int depth)
{
    int digit = depth & 1 ? key[depth >> 1] & 15 : key[depth >> 1] >> 4;
    return (digit & 8) << 1 | 8 | (digit & 7);
}

/* Which slots of a level's pages do the changes fall into, and what is in those slots?
 *
 * Changes first[i] up to first[i + 1] belong to page i; `keys` holds their 32-byte keys in
 * rising order. For each group of changes in one slot: groups gets (page, slot,
 * first change, end), old its content (64 bytes room each), old_size that content's size.
 * Returns the number of groups, or -1 - i when page i is not one. */
long animica_open_pages(int depth, size_t count, const uint8_t *const *pages,
                        const uint32_t *sizes, const uint32_t *first, const uint8_t *keys,
                        uint32_t *groups, uint8_t *old, uint8_t *old_size)
{
    long found = 0;
    Page page;
    for (size_t i = 0; i < count; i++) {
        if (!decode_page(&page, pages[i], sizes[i]))
            return -1 - (long)i;
        for (uint32_t at = first[i]; at < first[i + 1];) {
            int slot = slot_of(keys + 32 * (size_t)at, depth);
            uint32_t end = at + 1;
            while (end < first[i + 1] && slot_of(keys + 32 * (size_t)end, depth) == slot)
                end++;
            uint32_t *group = groups + 4 * found;
            group[0] = (uint32_t)i;
            group[1] = (uint32_t)slot;
            group[2] = at;
            group[3] = end;
            old_size[found] = page.size[slot];
            memcpy(old + 64 * found, page.content[slot], page.size[slot]);
            found++;
            at = end;
        }
    }
    return found;
}

static const uint8_t EMPTY[32];

/* The hash of content i into `out`: at once, or at the next flush for a record. */
static void content_hash(Batch *batch, const Page *p, int i, uint8_t *out)
{
    if (p->size[i] == 64)
        push(batch, 0, p->content[i], p->content[i] + 32, out);
    else
        memcpy(out, p->size[i] ? p->content[i] : EMPTY, 32);
}

#define TOGETHER 64 /* pages whose hashes are batched; they stay in the processor's cache */

/* Bring place `into` of the marked pages up to date from its two children. */
static void join_places(Page *pages, const uint32_t *marked, int count, int into, int left,
                        int right, uint8_t hashes[TOGETHER][64])
{
    Batch batch = {.count = 0};
    for (int k = 0; k < count; k++) {
        Page *p = pages + marked[k];
        if (is_node(p->size[left], p->size[right])) {
            content_hash(&batch, p, left, hashes[k]);
            content_hash(&batch, p, right, hashes[k] + 32);
        }
    }
    flush(&batch);
    for (int k = 0; k < count; k++) {
        Page *p = pages + marked[k];
        if (is_node(p->size[left], p->size[right])) {
            p->size[into] = 32;
            push(&batch, 1, hashes[k], hashes[k] + 32, p->content[into]);
        } else {
            int from = p->size[left] ? left : right;
            put(p, into, p->content[from], p->size[from]);
        }
    }
    flush(&batch);
}

static void settle(Page *pages, uint32_t *stale, int count)
{
    uint8_t hashes[TOGETHER][64];
    uint32_t marked[TOGETHER];
    for (int i = 7; i > 0; i--) {
        for (int heap = 0; heap < 32; heap += 16) {
            int found = 0;
            for (int k = 0; k < count; k++)
                if (stale[k] >> (heap + i) & 1)
                    marked[found++] = (uint32_t)k;
            join_places(pages, marked, found, heap + i, heap + 2 * i, heap + 2 * i + 1, hashes);
        }
    }
    for (int k = 0; k < count; k++)
        marked[k] = (uint32_t)k;
    join_places(pages, marked, count, 0, 1, 17, hashes); /* place 0 is free for the top */
}

/* Pages with some slots changed, rehashed.
 *
 * Changes first[i] up to first[i + 1] belong to page i: slot, size and content (64 bytes room
 * each). The new pages lie one behind the other in out, page i of out_sizes[i] bytes (room:
 * PAGE_MOST a page); tops and top_sizes get the content of each page as a whole.
 * Returns the bytes written, or -1 - i when page i is not one, or -1 - count without memory. */
long animica_close_pages(size_t count, const uint8_t *const *pages, const uint32_t *sizes,
                         const uint32_t *first, const uint8_t *slots, const uint8_t *content_sizes,
                         const uint8_t *contents, uint8_t *out, uint32_t *out_sizes, uint8_t *tops,
                         uint8_t *top_sizes)
{
    Page *held = malloc(TOGETHER * sizeof *held);
    if (!held)
        return -1 - (long)count;
    size_t written = 0;
    for (size_t from = 0; from < count; from += TOGETHER) {
        int together = count - from < TOGETHER ? (int)(count - from) : TOGETHER;
        uint32_t stale[TOGETHER];
        for (int k = 0; k < together; k++) {
            size_t i = from + k;
            if (!decode_page(held + k, pages[i], sizes[i])) {
                free(held);
                return -1 - (long)i;
            }
            stale[k] = 0;
            for (uint32_t c = first[i]; c < first[i + 1]; c++) {
                int slot = slots[c];
                put(held + k, slot, contents + 64 * (size_t)c, content_sizes[c]);
                for (int at = slot & 15; at > 1; at >>= 1)
                    stale[k] |= 1u << ((slot & 16) | at >> 1);
            }
        }
        settle(held, stale, together);
        for (int k = 0; k < together; k++) {
            size_t i = from + k;
            top_sizes[i] = held[k].size[0];
            memcpy(tops + 64 * i, held[k].content[0], held[k].size[0]);
            out_sizes[i] = encode_page(held + k, out + written);
            written += out_sizes[i];
        }
    }
    free(held);
    return (long)written;
}

/* ------------------------------------------------------------------ CBOR */

#define DEPTH_MOST 16

/* Read the head of an item at *at. Returns its major type, or -1 when it is cut off, longer than
 * need be, or of a form that the protocol does not use. */
static int read_head(const uint8_t *data, size_t size, size_t *at, uint64_t *argument)
{
    if (*at >= size)
        return -1;
    uint8_t head = data[(*at)++];
    unsigned low = head & 31;
    if (low < 24) {
        *argument = low;
        return head >> 5;
    }
    if (low > 27)
        return -1;
    size_t width = (size_t)1 << (low - 24);
    if (size - *at < width)
        return -1;
    uint64_t value = 0;
    for (size_t i = 0; i < width; i++)
        value = value << 8 | data[(*at)++];
    if (value < (width == 1 ? 24 : (uint64_t)1 << 4 * width))
        return -1;
    *argument = value;
    return head >> 5;
}

static int is_ascii(const uint8_t *text, uint64_t size)
{
    uint8_t bits = 0;
    for (uint64_t i = 0; i < size; i++)
        bits |= text[i];
    return bits < 128;
}

typedef struct {
    uint64_t left;        /* items that the container still has, keys included */
    const uint8_t *key;   /* the last key of a map; NULL before the first */
    uint64_t key_size;
    int is_map;
} Container;

/* 1 when the bytes are surely one value in the protocol's canonical form, of at most `most`
 * items. 0 says nothing: the portable decoder finds the reason, or accepts what is rare (null,
 * text beyond ASCII). */
int animica_cbor_is_canonical(const uint8_t *data, size_t size, uint64_t most)
{
    Container open[DEPTH_MOST];
    int depth = 0;
    size_t at = 0;
    for (uint64_t items = 0; items < most; items++) {
        uint64_t argument;
        int major = read_head(data, size, &at, &argument);
        int is_key = depth && open[depth - 1].is_map && !(open[depth - 1].left & 1);
        if (is_key && major != 3)
            return 0;
        switch (major) {
        case 0:
            break;
        case 2:
        case 3:
            if (argument > size - at || (major == 3 && !is_ascii(data + at, argument)))
                return 0;
            if (is_key) {
                Container *map = open + depth - 1;
                if (map->key &&
                    (argument < map->key_size ||
                     (argument == map->key_size && memcmp(map->key, data + at, argument) >= 0)))
                    return 0;
                map->key = data + at;
                map->key_size = argument;
            }
            at += argument;
            break;
        case 4:
        case 5:
            if (depth == DEPTH_MOST || argument > size - at)
                return 0;
            if (depth)
                open[depth - 1].left--;
            open[depth++] = (Container){major == 5 ? 2 * argument : argument, NULL, 0, major == 5};
            goto close;
        case 7:
            if (argument != 20 && argument != 21)
                return 0;
            break;
        default:
            return 0;
        }
        if (depth)
            open[depth - 1].left--;
    close:
        while (depth && !open[depth - 1].left)
            depth--;
        if (!depth)
            return at == size;
    }
    return 0;
}

/* Where each of `count` items from `at` on ends. The bytes must be well-formed; returns 0 when
 * they are found not to be, else 1. */
int animica_cbor_item_ends(const uint8_t *data, size_t size, size_t at, size_t count,
                           uint64_t *ends)
{
    for (size_t i = 0; i < count; i++) {
        for (uint64_t left = 1; left; left--) {
            uint64_t argument;
            int major = read_head(data, size, &at, &argument);
            if (major < 0)
                return 0;
            if (major == 2 || major == 3) {
                if (argument > size - at)
                    return 0;
                at += argument;
            } else if (major == 4 || major == 5) {
                if (argument > size - at)
                    return 0;
                left += major == 4 ? argument : 2 * argument;
            }
        }
        ends[i] = at;
    }
    return 1;
}
