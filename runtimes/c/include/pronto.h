/*
 * pronto: a strict HTTP/1 parser that allocates nothing and keeps nothing.
 *
 * The first half has the calls of picohttpparser, so that programs written for it can be linked with this library instead.
 * The second half has calls that tell more: where a message ends, what is wrong with it, and what to answer.
 *
 * All memory is the caller's. What a call hands out points into the caller's input, and lives as long as that does. No call
 * keeps a pointer, blocks, or uses anything but its arguments, so that any number of threads may call at once.
 *
 * Licence: MIT OR Apache-2.0.
 */
#ifndef PRONTO_H
#define PRONTO_H

#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#if defined(_MSC_VER) && !defined(ssize_t)
#define ssize_t intptr_t
#endif

#ifdef __cplusplus
extern "C" {
#endif

/* ---- In the place of picohttpparser -------------------------------------------------------------------------------- */

/* A field: its name, and its value without the white space around it. Neither ends in NUL. */
struct phr_header {
    const char *name;
    size_t name_len;
    const char *value;
    size_t value_len;
};

/*
 * Parses the head that `buf` begins with. `last_len` is the length that was given to the last call for this head, which said
 * that it was incomplete, and 0 at first. `*num_headers` is the room in `headers` before the call, and their number after it.
 *
 * Returns the length of the head, -1 where it is wrong, or a pointer is NULL that must not be, and -2 where more must come.
 * With -2, and `last_len` 0, whatever is known so far is handed out, unchecked; what is not is NULL, 0, and for the minor
 * version -1.
 */
int phr_parse_request(const char *buf, size_t len, const char **method, size_t *method_len, const char **path, size_t *path_len,
                      int *minor_version, struct phr_header *headers, size_t *num_headers, size_t last_len);
int phr_parse_response(const char *buf, size_t len, int *minor_version, int *status, const char **msg, size_t *msg_len,
                       struct phr_header *headers, size_t *num_headers, size_t last_len);

/* The same for fields without a first line before them. */
int phr_parse_headers(const char *buf, size_t len, struct phr_header *headers, size_t *num_headers, size_t last_len);

/* A decoder of the chunked coding. It begins as zeros. */
struct phr_chunked_decoder {
    size_t bytes_left_in_chunk; /* octets of this chunk that are still to come */
    char consume_trailer;       /* set it to have the trailer section taken, too */
    char _hex_count;
    char _state;
    uint64_t _total_read;
    uint64_t _total_overhead;
};

/*
 * Takes the chunked coding off the `*bufsz` octets at `buf`, which came next, in place. Afterwards `*bufsz` octets of content
 * are there.
 *
 * Returns -2 where more must come, -1 where the coding is wrong, or a pointer is NULL, and otherwise, at the end, how many
 * octets follow the coding; these lie behind the content. Without `consume_trailer` the trailer section is the first of them.
 */
ssize_t phr_decode_chunked(struct phr_chunked_decoder *decoder, char *buf, size_t *bufsz);

/* Whether the decoder is within the data of a chunk. */
int phr_decode_chunked_is_in_data(struct phr_chunked_decoder *decoder);

/* ---- More than that ------------------------------------------------------------------------------------------------ */

/* What a call says. */
enum {
    PRONTO_INCOMPLETE = 0, /* what is there is right so far, and more must come */
    PRONTO_COMPLETE = 1,   /* all of it was there, and is right */
    PRONTO_CONTENT = 2,    /* octets of content */
    PRONTO_REFUSED = -1,   /* the peer has sent what is wrong: the error tells what, and the connection cannot be read further */
    PRONTO_MISUSE = -2     /* the caller has made a mistake: the error tells which, and nothing was done */
};

/* What is wrong. Where a call takes a pointer to it, NULL is fine, too. */
typedef struct pronto_error {
    int status;      /* the status code to answer, or 0 where that makes no sense */
    size_t at;       /* the offset of the offending octet in the input, or SIZE_MAX where there is none */
    char reason[96]; /* what is wrong, in words, ending in NUL */
} pronto_error;

/* How the content of a message is delimited (RFC 9112 6.3). */
enum {
    PRONTO_NO_CONTENT = 0,
    PRONTO_LENGTH = 1,     /* it has a length */
    PRONTO_CHUNKED = 2,    /* it is in the chunked coding */
    PRONTO_UNTIL_CLOSE = 3 /* it ends with the connection; only responses do that */
};

typedef struct phr_header pronto_field;

/* The most that is taken of a head; 0 stands for the number behind it. */
typedef struct pronto_limits {
    uint16_t octets; /* of the whole head: 16384 */
    uint16_t target; /* of the request target: 8192 */
    uint8_t fields;  /* 100; less where the table has less room */
} pronto_limits;

/*
 * What is known of a head that comes in pieces. It begins as zeros, or with limits, and is ready for the next head of the
 * connection whenever one is complete. Octets that were scanned are not scanned again.
 */
typedef struct pronto_parser {
    pronto_limits limits;
    size_t scanned;
} pronto_parser;

typedef struct pronto_request {
    const char *method;
    size_t method_length;
    const char *target;
    size_t target_length;
    size_t head_length;      /* octets of the input that the head takes */
    size_t field_count;
    uint64_t content_length; /* with PRONTO_LENGTH */
    int framing;             /* PRONTO_NO_CONTENT, PRONTO_LENGTH or PRONTO_CHUNKED */
    int minor_version;       /* 0 or 1 */
    int is_head;             /* whether the method is HEAD: the reply to it has no content */
    int keeps_alive;         /* whether the client lets the connection stay open */
    int expects_continue;    /* whether the client waits for 100 (Continue) before it sends content */
} pronto_request;

/*
 * Parses the request head that `input` begins with, which is as it was in the last call for it, or longer. Everything is
 * checked that a server must check: the target fits the method, there is one Host and it is one, the framing can be read in
 * one way only, and nothing but 100-continue is expected.
 *
 * Returns PRONTO_COMPLETE, PRONTO_INCOMPLETE, PRONTO_REFUSED or PRONTO_MISUSE.
 */
int pronto_parse_request(pronto_parser *parser, const char *input, size_t length, pronto_field *fields, size_t capacity,
                         pronto_request *request, pronto_error *error);

typedef struct pronto_response {
    const char *reason;
    size_t reason_length;
    size_t head_length;
    size_t field_count;
    uint64_t content_length; /* with PRONTO_LENGTH */
    int framing;
    int minor_version;
    int status;
} pronto_response;

/* The same for a response to a request with this method, on which its framing depends. */
int pronto_parse_response(pronto_parser *parser, const char *method, size_t method_length, const char *input, size_t length,
                          pronto_field *fields, size_t capacity, pronto_response *response, pronto_error *error);

/* A decoder of content, as numbers. */
typedef struct pronto_content {
    uint64_t limit;
    uint64_t left;
    uint64_t content;
    uint32_t extensions;
    uint16_t scanned;
    uint8_t place;
    uint8_t digits;
} pronto_content;

/* Begins to decode the content of a message with this framing, of at most `limit` octets. PRONTO_COMPLETE or PRONTO_MISUSE. */
int pronto_content_begin(pronto_content *content, int framing, uint64_t content_length, uint64_t limit);

/*
 * Takes what `input` begins with. `*consumed` octets of it are then to be dropped; in every case but PRONTO_INCOMPLETE those
 * behind them are to be given to the next call, and with PRONTO_INCOMPLETE they are, followed by more.
 *
 * Returns PRONTO_CONTENT, and at least one octet of content where it lies in the input; PRONTO_COMPLETE at the end of the
 * content, behind which the next message begins; PRONTO_INCOMPLETE; PRONTO_REFUSED or PRONTO_MISUSE. A trailer section is
 * checked and dropped.
 */
int pronto_content_next(pronto_content *content, const char *input, size_t length, size_t *consumed, const char **octets,
                        size_t *octet_count, pronto_error *error);

/* Says that the input has ended. PRONTO_COMPLETE where the content is complete, or ends with the connection. */
int pronto_content_end(const pronto_content *content, pronto_error *error);

/* A response to be written. Zeros, but for the status, are one without content. */
typedef struct pronto_reply {
    int status;              /* 200 to 999 */
    int framing;             /* PRONTO_NO_CONTENT, PRONTO_LENGTH, or PRONTO_CHUNKED, which an HTTP/1.0 client sees otherwise */
    const char *content;     /* with PRONTO_LENGTH: the content, or NULL where it is sent by the caller, behind the head */
    uint64_t content_length; /* with PRONTO_LENGTH */
    const pronto_field *fields; /* all but Connection, Content-Length, Date, Server, Trailer, Transfer-Encoding and Upgrade */
    size_t field_count;
    uint64_t date;           /* seconds since 1970 for a Date field, or 0 for none */
    int closes;              /* whether the connection closes after it in any case */
} pronto_reply;

/* What was written. */
typedef struct pronto_written {
    size_t length;             /* octets of output */
    uint64_t following_length; /* with PRONTO_LENGTH */
    int following;             /* what the caller still has to send: PRONTO_NO_CONTENT for nothing */
    int keeps_alive;           /* whether the connection stays open: if not, close it once everything is sent */
} pronto_written;

/*
 * Writes a response to `request`, or to one that was refused where that is NULL: all of it, or nothing. The field lines that
 * delimit content or tell whether the connection stays are derived.
 *
 * Returns PRONTO_COMPLETE, or PRONTO_MISUSE, also where the output has no room.
 */
int pronto_write_reply(char *output, size_t capacity, const pronto_request *request, const pronto_reply *reply,
                       pronto_written *written, pronto_error *error);

/* Writes one chunk, where PRONTO_CHUNKED follows: 20 octets more than its data at most. Empty data writes nothing. */
int pronto_write_chunk(char *output, size_t capacity, const char *data, size_t length, size_t *written, pronto_error *error);

/* Writes what ends all chunks, of which `fields` are the trailer section. */
int pronto_write_last_chunk(char *output, size_t capacity, const pronto_field *fields, size_t field_count, size_t *written,
                            pronto_error *error);

#ifdef __cplusplus
}
#endif

#endif
