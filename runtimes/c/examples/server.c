/*
 * A server on blocking sockets, with a thread for each connection: keep-alive, pipelining, content with a length or in chunks,
 * 100 (Continue), streamed replies, and a reason for whatever is refused. Nothing is allocated for a request.
 *
 *     cc examples/server.c -I include target/release/libpronto.a -pthread -o server && ./server 8080
 */
#include <arpa/inet.h>
#include <netinet/in.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <time.h>
#include <unistd.h>

#include "pronto.h"

#define FIELDS 64

struct connection {
    int socket;
    size_t filled;
    char input[16384];
    char content[65536];
    char output[65536 + 1024];
};

static int send_all(const struct connection *connection, const char *octets, size_t length) {
    while (length > 0) {
        ssize_t sent = send(connection->socket, octets, length, MSG_NOSIGNAL);
        if (sent <= 0)
            return 0;
        octets += sent;
        length -= (size_t)sent;
    }
    return 1;
}

/* Whether there is more input than before. */
static int receive(struct connection *connection) {
    ssize_t received = recv(connection->socket, connection->input + connection->filled,
                            sizeof connection->input - connection->filled, 0);
    if (received <= 0)
        return 0;
    connection->filled += (size_t)received;
    return 1;
}

/* Sends a text, and tells whether the connection stays open. */
static int reply_text(struct connection *connection, const pronto_request *request, int status, const char *text,
                      size_t length) {
    pronto_field fields[] = {{"Content-Type", 12, "text/plain", 10}};
    pronto_reply reply = {0};
    pronto_written written;
    pronto_error error;
    reply.status = status;
    reply.framing = PRONTO_LENGTH;
    reply.content = text;
    reply.content_length = length;
    reply.fields = fields;
    reply.field_count = 1;
    reply.date = (uint64_t)time(NULL);
    if (pronto_write_reply(connection->output, sizeof connection->output, request, &reply, &written, &error) !=
        PRONTO_COMPLETE) {
        fprintf(stderr, "not written: %s\n", error.reason);
        return 0;
    }
    return send_all(connection, connection->output, written.length) && written.keeps_alive;
}

static int refuse(struct connection *connection, const pronto_error *error) {
    return reply_text(connection, NULL, error->status, error->reason, strlen(error->reason));
}

/* Sends the numbers to 1000, a chunk each. */
static int reply_numbers(struct connection *connection, const pronto_request *request) {
    pronto_reply reply = {0};
    pronto_written written;
    size_t length;
    char text[16];
    int number;
    reply.status = 200;
    reply.framing = PRONTO_CHUNKED;
    if (pronto_write_reply(connection->output, sizeof connection->output, request, &reply, &written, NULL) !=
            PRONTO_COMPLETE ||
        !send_all(connection, connection->output, written.length))
        return 0;
    for (number = 1; written.following != PRONTO_NO_CONTENT && number <= 1000; number++) {
        size_t digits = (size_t)snprintf(text, sizeof text, "%d\n", number);
        if (written.following == PRONTO_UNTIL_CLOSE) {
            if (!send_all(connection, text, digits))
                return 0;
        } else if (pronto_write_chunk(connection->output, sizeof connection->output, text, digits, &length, NULL) !=
                       PRONTO_COMPLETE ||
                   !send_all(connection, connection->output, length))
            return 0;
    }
    if (written.following == PRONTO_CHUNKED &&
        (pronto_write_last_chunk(connection->output, sizeof connection->output, NULL, 0, &length, NULL) !=
             PRONTO_COMPLETE ||
         !send_all(connection, connection->output, length)))
        return 0;
    return written.keeps_alive;
}

static int is(const char *octets, size_t length, const char *text) {
    return length == strlen(text) && memcmp(octets, text, length) == 0;
}

static int answer(struct connection *connection, const pronto_request *request, size_t content_length) {
    if (is(request->target, request->target_length, "/"))
        return reply_text(connection, request, 200, "Hello from C!\n", 14);
    if (is(request->target, request->target_length, "/echo"))
        return reply_text(connection, request, 200, connection->content, content_length);
    if (is(request->target, request->target_length, "/numbers"))
        return reply_numbers(connection, request);
    return reply_text(connection, request, 404, "there is nothing here\n", 22);
}

/* Serves one request, and tells whether another may follow. */
static int serve_one(struct connection *connection) {
    pronto_parser parser = {0};
    pronto_content decoder;
    pronto_request request;
    pronto_field fields[FIELDS];
    pronto_error error;
    size_t at, content_length = 0;
    int told, continued = 0;

    while ((told = pronto_parse_request(&parser, connection->input, connection->filled, fields, FIELDS, &request,
                                        &error)) == PRONTO_INCOMPLETE)
        if (!receive(connection))
            return 0;
    if (told != PRONTO_COMPLETE)
        return refuse(connection, &error);

    at = request.head_length;
    pronto_content_begin(&decoder, request.framing, request.content_length, sizeof connection->content);
    for (;;) {
        const char *octets;
        size_t consumed, length;
        told = pronto_content_next(&decoder, connection->input + at, connection->filled - at, &consumed, &octets,
                                   &length, &error);
        if (told == PRONTO_CONTENT) {
            memcpy(connection->content + content_length, octets, length);
            content_length += length;
        } else if (told != PRONTO_INCOMPLETE && told != PRONTO_COMPLETE)
            return refuse(connection, &error);
        at += consumed;
        if (told == PRONTO_COMPLETE)
            break;
        if (told == PRONTO_INCOMPLETE) {
            static const char go_on[] = "HTTP/1.1 100 Continue\r\n\r\n";
            if (request.expects_continue && !continued && !send_all(connection, go_on, sizeof go_on - 1))
                return 0;
            continued = 1;
            /* The head stays, for method and target are in it; what was taken of the content makes room. */
            connection->filled -= at - request.head_length;
            memmove(connection->input + request.head_length, connection->input + at,
                    connection->filled - request.head_length);
            at = request.head_length;
            if (!receive(connection))
                return 0;
        }
    }

    if (!answer(connection, &request, content_length))
        return 0;
    connection->filled -= at;
    memmove(connection->input, connection->input + at, connection->filled);
    return 1;
}

static void *serve(void *argument) {
    struct connection *connection = argument;
    while (serve_one(connection))
        ;
    /* So that a client that is still sending reads the reply. */
    shutdown(connection->socket, SHUT_WR);
    connection->filled = 0;
    while (receive(connection))
        connection->filled = 0;
    close(connection->socket);
    free(connection);
    return NULL;
}

int main(int count, char **arguments) {
    struct sockaddr_in address = {0};
    struct timeval patience = {10, 0};
    int listener = socket(AF_INET, SOCK_STREAM, 0), on = 1;
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    address.sin_port = htons((uint16_t)(count > 1 ? atoi(arguments[1]) : 8080));
    setsockopt(listener, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
    if (bind(listener, (struct sockaddr *)&address, sizeof address) != 0 || listen(listener, 128) != 0) {
        perror("server");
        return 1;
    }
    signal(SIGPIPE, SIG_IGN);
    for (;;) {
        pthread_t thread;
        struct connection *connection = malloc(sizeof *connection);
        if (connection == NULL)
            return 1;
        connection->filled = 0;
        connection->socket = accept(listener, NULL, NULL);
        if (connection->socket < 0) {
            free(connection);
            continue;
        }
        setsockopt(connection->socket, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof patience);
        if (pthread_create(&thread, NULL, serve, connection) != 0) {
            close(connection->socket);
            free(connection);
        } else
            pthread_detach(thread);
    }
}
