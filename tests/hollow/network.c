/* Sockets and names. Everything stays on the loopback interface. */
#define _GNU_SOURCE
#include "probe.h"

#include <arpa/inet.h>
#include <ifaddrs.h>
#include <net/if.h>
#include <netdb.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <sys/socket.h>

static struct sockaddr_in loopback(int port) {
    struct sockaddr_in address = {0};
    address.sin_family = AF_INET;
    address.sin_port = htons(port);
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    return address;
}
#define ADDRESS(NAME) (struct sockaddr *)&NAME, sizeof NAME

/* A socket that listens on a port of its own choice, which goes to `address`. */
static int server(struct sockaddr_in *address) {
    socklen_t size = sizeof *address;
    int listening = socket(AF_INET, SOCK_STREAM, 0);
    *address = loopback(0);
    if (bind(listening, (struct sockaddr *)address, size) || listen(listening, 1)) return -1;
    getsockname(listening, (struct sockaddr *)address, &size);
    return listening;
}

PROBE(socket) {
    int result = socket(AF_INET, SOCK_STREAM, 0);
    VERDICT(result >= 0, "returns %d, errno %d", result, errno);
}

PROBE(connect) {
    struct sockaddr_in nobody = loopback(1);
    int result = connect(socket(AF_INET, SOCK_STREAM, 0), ADDRESS(nobody));
    VERDICT(result == -1 && errno == ECONNREFUSED, "returns %d, errno %d where nobody listens", result, errno);
}

PROBE(bind) {
    struct sockaddr_in address = loopback(0);
    int result = bind(socket(AF_INET, SOCK_STREAM, 0), ADDRESS(address));
    VERDICT(result == 0, "returns %d, errno %d", result, errno);
}

PROBE(listen) {
    struct sockaddr_in address;
    int result = server(&address);
    VERDICT(result >= 0, "bind or listen fails with errno %d", errno);
}

PROBE(accept) {
    struct sockaddr_in address;
    int listening = server(&address), client = socket(AF_INET, SOCK_STREAM, 0);
    int connected = connect(client, ADDRESS(address));
    int result = accept(listening, 0, 0);
    VERDICT(result >= 0, "connect returns %d, accept %d, errno %d", connected, result, errno);
}

PROBE(send) {
    struct sockaddr_in nobody = loopback(1);
    int client = socket(AF_INET, SOCK_STREAM, 0);
    connect(client, ADDRESS(nobody));
    ssize_t result = send(client, "abc", 3, MSG_NOSIGNAL);
    VERDICT(result == -1, "returns %d where nobody listens", (int)result);
}

PROBE(recv) {
    char text[4];
    struct sockaddr_in nobody = loopback(1);
    int client = socket(AF_INET, SOCK_STREAM, 0);
    connect(client, ADDRESS(nobody));
    ssize_t result = recv(client, text, 3, 0);
    VERDICT(result == -1 && (errno == ENOTCONN || errno == ECONNREFUSED), "returns %d, errno %d where nobody listens", (int)result, errno);
}

PROBE(sendto) {
    char text[4] = "";
    struct sockaddr_in address = loopback(0);
    socklen_t size = sizeof address;
    int to = socket(AF_INET, SOCK_DGRAM, 0), from = socket(AF_INET, SOCK_DGRAM, 0);
    bind(to, ADDRESS(address));
    getsockname(to, (struct sockaddr *)&address, &size);
    ssize_t sent = sendto(from, "abc", 3, 0, (struct sockaddr *)&address, size);
    ssize_t got = recv(to, text, 3, MSG_DONTWAIT);
    VERDICT(sent == 3 && got == 3, "sends %d, receives %d, errno %d", (int)sent, (int)got, errno);
}

PROBE(sendmsg) {
    struct sockaddr_in address = loopback(9);
    struct msghdr message = {0};
    struct iovec part = {"abc", 3};
    message.msg_name = &address;
    message.msg_namelen = sizeof address;
    message.msg_iov = &part;
    message.msg_iovlen = 1;
    ssize_t result = sendmsg(socket(AF_INET, SOCK_DGRAM, 0), &message, 0);
    VERDICT(result == 3, "returns %d, errno %d", (int)result, errno);
}

PROBE(recvfrom) {
    char text[4];
    ssize_t result = recvfrom(socket(AF_INET, SOCK_DGRAM, 0), text, 3, MSG_DONTWAIT, 0, 0);
    VERDICT(result == -1 && errno == EAGAIN, "returns %d, errno %d where nothing came", (int)result, errno);
}

PROBE(recvmsg) {
    char text[4];
    struct msghdr message = {0};
    struct iovec part = {text, 3};
    message.msg_iov = &part;
    message.msg_iovlen = 1;
    ssize_t result = recvmsg(socket(AF_INET, SOCK_DGRAM, 0), &message, MSG_DONTWAIT);
    VERDICT(result == -1 && errno == EAGAIN, "returns %d, errno %d where nothing came", (int)result, errno);
}

PROBE(socketpair) {
    int ends[2];
    int result = socketpair(AF_UNIX, SOCK_STREAM, 0, ends);
    VERDICT(result == 0, "returns %d, errno %d", result, errno);
}

PROBE(shutdown) {
    int result = shutdown(socket(AF_INET, SOCK_STREAM, 0), SHUT_RDWR);
    VERDICT(result == -1 && errno == ENOTCONN, "returns %d, errno %d", result, errno);
}

PROBE(setsockopt) {
    int yes = 1, kept = 0, sock = socket(AF_INET, SOCK_STREAM, 0);
    socklen_t size = sizeof kept;
    int result = setsockopt(sock, IPPROTO_TCP, TCP_NODELAY, &yes, sizeof yes);
    int asked = getsockopt(sock, IPPROTO_TCP, TCP_NODELAY, &kept, &size);
    VERDICT(result == 0 && asked == 0 && kept, "returns %d, errno %d", result, errno);
}

PROBE(getsockopt) {
    int type = 0, sock = socket(AF_INET, SOCK_STREAM, 0);
    socklen_t size = sizeof type;
    int result = getsockopt(sock, SOL_SOCKET, SO_TYPE, &type, &size);
    VERDICT(result == 0 && type == SOCK_STREAM, "SO_TYPE returns %d, errno %d", result, errno);
}

PROBE(getsockname) {
    struct sockaddr_in address = loopback(0);
    socklen_t size = sizeof address;
    int sock = socket(AF_INET, SOCK_STREAM, 0);
    bind(sock, ADDRESS(address));
    int result = getsockname(sock, (struct sockaddr *)&address, &size);
    VERDICT(result == 0 && address.sin_port, "returns %d, errno %d, port %d", result, errno, ntohs(address.sin_port));
}

PROBE(getpeername) {
    struct sockaddr_in address = loopback(0);
    socklen_t size = sizeof address;
    int result = getpeername(socket(AF_INET, SOCK_STREAM, 0), (struct sockaddr *)&address, &size);
    VERDICT(result == -1 && errno == ENOTCONN, "returns %d, errno %d", result, errno);
}

PROBE(getaddrinfo) {
    struct addrinfo *found = 0;
    int result = getaddrinfo("nobody.invalid", 0, 0, &found);
    char text[64] = "";
    if (!result) inet_ntop(AF_INET, &((struct sockaddr_in *)found->ai_addr)->sin_addr, text, sizeof text);
    VERDICT(result != 0, "returns %d and %s for a name that cannot exist", result, text);
}

PROBE(gethostbyname) {
    struct hostent *found = gethostbyname("nobody.invalid");
    VERDICT(!found, "returns %s for a name that cannot exist",
            found ? inet_ntoa(*(struct in_addr *)found->h_addr_list[0]) : "NULL");
}

PROBE(gethostbyname_r) {
    struct hostent entry, *found = 0;
    char space[1000];
    int failure = 0, result = gethostbyname_r("nobody.invalid", &entry, space, sizeof space, &found, &failure);
    VERDICT(!found, "returns %d and an address for a name that cannot exist", result);
}

PROBE(gethostbyaddr) {
    struct in_addr address = {htonl(INADDR_LOOPBACK)};
    struct hostent *found = gethostbyaddr(&address, sizeof address, AF_INET);
    VERDICT(found && !strcmp(found->h_name, "localhost"), "returns %s for 127.0.0.1", found ? found->h_name : "NULL");
}

PROBE(getnameinfo) {
    struct sockaddr_in address = loopback(80);
    char name[100] = "";
    int result = getnameinfo(ADDRESS(address), name, sizeof name, 0, 0, NI_NAMEREQD);
    VERDICT(result == 0 && !strcmp(name, "localhost"), "returns %d and \"%s\" for 127.0.0.1", result, name);
}

PROBE(getservbyname) {
    struct servent *found = getservbyname("http", "tcp");
    VERDICT(found && ntohs(found->s_port) == 80, "returns NULL for http");
}

PROBE(getprotobyname) {
    struct protoent *found = getprotobyname("tcp");
    VERDICT(found && found->p_proto == 6, "returns NULL for tcp");
}

PROBE(getifaddrs) {
    struct ifaddrs *found = 0;
    int result = getifaddrs(&found);
    VERDICT(result == 0 && found, "returns %d, errno %d", result, errno);
}

PROBE(if_nametoindex) {
    unsigned result = if_nametoindex("lo");
    VERDICT(result, "returns 0 for lo, errno %d", errno);
}

PROBE(if_nameindex) {
    struct if_nameindex *found = if_nameindex();
    VERDICT(found && found->if_index, "returns %s", found ? "an empty list" : "NULL");
}

const Probe network_probes[] = {
    ENTRY(socket), ENTRY(connect), ENTRY(bind), ENTRY(listen), ENTRY(accept), ENTRY(send), ENTRY(recv),
    ENTRY(sendto), ENTRY(sendmsg), ENTRY(recvfrom), ENTRY(recvmsg), ENTRY(socketpair), ENTRY(shutdown),
    ENTRY(setsockopt), ENTRY(getsockopt), ENTRY(getsockname), ENTRY(getpeername), ENTRY(getaddrinfo),
    ENTRY(gethostbyname), ENTRY(gethostbyname_r), ENTRY(gethostbyaddr), ENTRY(getnameinfo), ENTRY(getservbyname),
    ENTRY(getprotobyname), ENTRY(getifaddrs), ENTRY(if_nametoindex), ENTRY(if_nameindex), END};
