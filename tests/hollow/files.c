/* Files, memory that is mapped, and waiting for descriptors. */
#define _GNU_SOURCE
#include "probe.h"

#include <dirent.h>
#include <poll.h>
#include <sys/file.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/select.h>
#include <sys/statvfs.h>
#include <sys/time.h>
#include <sys/uio.h>

#define PAGE 65536
#define SOON_MS ((int)(SOON * 1000))

PROBE(flock) {
    char path[64];
    int first = new_file(path), second = open(path, O_RDWR);
    flock(first, LOCK_EX);
    int result = flock(second, LOCK_EX | LOCK_NB);
    VERDICT(result == -1 && errno == EWOULDBLOCK, "returns %d for a file that another descriptor has locked", result);
}

PROBE(lockf) {
    char path[64];
    int file = new_file(path);
    close(file);
    file = open(path, O_RDONLY);
    int result = lockf(file, F_TLOCK, 0);
    VERDICT(result == -1 && errno == EBADF, "returns %d for a file that is open for reading only", result);
}

static char *map(int file, int flags) { return mmap(0, PAGE, PROT_READ | PROT_WRITE, flags, file, 0); }

PROBE(mmap) {
    char path[64];
    int file = new_file(path);
    ftruncate(file, PAGE);
    char *first = map(file, MAP_SHARED), *second = map(file, MAP_SHARED), byte = 0;
    if (first == MAP_FAILED || second == MAP_FAILED) VERDICT(0, "fails with errno %d", errno);
    first[0] = 'x';
    pread(file, &byte, 1, 0);
    VERDICT(second[0] == 'x' && byte == 'x', "another mapping %s the byte that was written, read() %s it",
            second[0] == 'x' ? "has" : "has not", byte == 'x' ? "has" : "has not");
}

PROBE(munmap) {
    char path[64], other[64], byte = 'n', stray = 0;
    int file = new_file(path);
    ftruncate(file, PAGE);
    char *place = map(file, MAP_SHARED), *closed = map(file, MAP_SHARED);
    if (place == MAP_FAILED || closed == MAP_FAILED) VERDICT(0, "mmap fails with errno %d", errno);
    place[1] = closed[1] = 'x';
    pwrite(file, &byte, 1, 0);
    munmap(place, PAGE);
    pread(file, &byte, 1, 0);
    close(file);
    int next = new_file(other);
    munmap(closed, PAGE);
    pread(next, &stray, 1, 1);
    VERDICT(byte == 'n' && stray == 0, "a byte that was written to the file in the meantime is %s, and the next file of that number %s",
            byte == 'n' ? "kept" : "overwritten", next == file && stray ? "gets the mapping's bytes" : "is left alone");
}

PROBE(msync) {
    char path[64], byte = 0;
    int file = new_file(path);
    ftruncate(file, PAGE);
    char *place = map(file, MAP_SHARED);
    if (place == MAP_FAILED) VERDICT(0, "mmap fails with errno %d", errno);
    place[0] = 'x';
    int result = msync(place, PAGE, MS_SYNC);
    pread(file, &byte, 1, 0);
    VERDICT(result == 0 && byte == 'x', "returns %d, and the file %s the byte", result, byte == 'x' ? "has" : "has not");
}

PROBE(mprotect) {
    char *place = map(-1, MAP_PRIVATE | MAP_ANONYMOUS);
    int result = mprotect(place, PAGE, PROT_NONE);
    if (result == 0) *(volatile char *)place = 'x';
    VERDICT(0, "returns %d, and what is protected can be written", result);
}

PROBE(madvise) {
    char *place = map(-1, MAP_PRIVATE | MAP_ANONYMOUS);
    place[0] = 'x';
    int result = madvise(place, PAGE, MADV_DONTNEED);
    VERDICT(result == 0 && place[0] == 0, "returns %d, and MADV_DONTNEED leaves what was there", result);
}

PROBE(mremap) {
    char *place = map(-1, MAP_PRIVATE | MAP_ANONYMOUS);
    char *moved = mremap(place, PAGE, 2 * PAGE, MREMAP_MAYMOVE);
    VERDICT(moved != MAP_FAILED, "fails with errno %d", errno);
}

PROBE(mincore) {
    unsigned char pages[PAGE / 4096];
    char *place = map(-1, MAP_PRIVATE | MAP_ANONYMOUS);
    int result = mincore(place, PAGE, (void *)pages);
    VERDICT(result == 0, "returns %d", result);
}

PROBE(mlock) {
    char *place = map(-1, MAP_PRIVATE | MAP_ANONYMOUS);
    int result = mlock(place, 4096);
    VERDICT(result == 0, "returns %d", result);
}

PROBE(shm_open) {
    int file = shm_open("/hollow", O_RDWR | O_CREAT, 0600);
    int failure = errno;
    shm_unlink("/hollow");
    VERDICT(file >= 0, "fails with errno %d", failure);
}

static int wait_in_select(void) {
    struct timeval time = {0, SOON_MS * 1000};
    return select(0, 0, 0, 0, &time);
}
static int wait_in_pselect(void) {
    struct timespec time = {0, SOON_MS * 1000000};
    return pselect(0, 0, 0, 0, &time, 0);
}
/* An entry for the end of a pipe into which nobody writes. */
static struct pollfd silent(void) {
    int ends[2];
    pipe(ends);
    return (struct pollfd){ends[0], POLLIN, 0};
}

PROBE(select) { WAITS(wait_in_select(), 0); }
PROBE(pselect) { WAITS(wait_in_pselect(), 0); }

PROBE(poll) {
    struct pollfd entry = silent();
    WAITS(poll(&entry, 1, SOON_MS), 0);
}

PROBE(ppoll) {
#if !defined(__EMSCRIPTEN__) || defined(HAS_PPOLL)
    struct pollfd entry = silent();
    struct timespec time = {0, SOON_MS * 1000000};
    WAITS(ppoll(&entry, 1, &time, 0), 0);
#else
    VERDICT(1, "not offered");
#endif
}

PROBE(pipe) {
    int ends[2];
    char text[4] = "";
    int result = pipe(ends);
    ssize_t written = write(ends[1], "abc", 3), got = read(ends[0], text, 3);
    VERDICT(result == 0 && written == 3 && got == 3 && !memcmp(text, "abc", 3), "returns %d", result);
}

PROBE(dup) {
    char path[64], byte = 0;
    int file = new_file(path);
    write(file, "abc", 3);
    lseek(file, 0, SEEK_SET);
    int other = dup(file);
    read(file, &byte, 1);
    read(other, &byte, 1);
    VERDICT(byte == 'b', "the two descriptors have %s position", byte == 'b' ? "one" : "each a");
}

PROBE(fcntl) {
    char path[64];
    int file = new_file(path);
    fcntl(file, F_SETFD, FD_CLOEXEC);
    int kept = fcntl(file, F_GETFD);
    VERDICT(kept == FD_CLOEXEC, "FD_CLOEXEC is %s", kept == FD_CLOEXEC ? "kept" : "not kept");
}

PROBE(chmod) {
    char path[64];
    struct stat facts;
    close(new_file(path));
    int result = chmod(path, 0400);
    stat(path, &facts);
    VERDICT(result == 0 && (facts.st_mode & 0777) == 0400, "returns %d", result);
}

PROBE(chown) {
    char path[64];
    struct stat facts;
    close(new_file(path));
    int result = chown(path, 7, 7);
    stat(path, &facts);
    VERDICT(result == 0 && facts.st_uid == 7, "returns %d, and the owner is %d", result, (int)facts.st_uid);
}

PROBE(umask) {
    char path[64];
    struct stat facts;
    close(new_file(path));
    unlink(path);
    umask(0077);
    close(open(path, O_CREAT | O_RDWR, 0666));
    stat(path, &facts);
    VERDICT((facts.st_mode & 0777) == 0600, "a file made with 0666 under 0077 has %o", facts.st_mode & 0777);
}

PROBE(link) {
    char path[64], other[80];
    close(new_file(path));
    snprintf(other, sizeof other, "%s.link", path);
    int result = link(path, other), failure = errno;
    unlink(other);
    VERDICT(result == 0, "fails with errno %d", failure);
}

PROBE(symlink) {
    char path[64], other[80], text[80] = "";
    close(new_file(path));
    snprintf(other, sizeof other, "%s.link", path);
    int result = symlink(path, other);
    readlink(other, text, sizeof text - 1);
    unlink(other);
    VERDICT(result == 0 && !strcmp(text, path), "returns %d", result);
}

PROBE(mkfifo) {
    char path[64];
    struct stat facts = {0};
    close(new_file(path));
    unlink(path);
    int result = mkfifo(path, 0600), failure = errno;
    stat(path, &facts);
    unlink(path);
    VERDICT(result == 0 && S_ISFIFO(facts.st_mode), "returns %d (errno %d), the file's mode is %o", result, failure, facts.st_mode);
}

PROBE(utimensat) {
    char path[64];
    struct stat facts;
    struct timespec times[2] = {{1000, 123456789}, {1000, 123456789}};
    close(new_file(path));
    int result = utimensat(AT_FDCWD, path, times, 0);
    stat(path, &facts);
    VERDICT(result == 0 && facts.st_mtim.tv_sec == 1000 && facts.st_mtim.tv_nsec == 123456789,
            "returns %d, the time is %ld and %ld ns", result, (long)facts.st_mtim.tv_sec, (long)facts.st_mtim.tv_nsec);
}

PROBE(unlink) {
    char path[64], byte = 0;
    int file = new_file(path);
    write(file, "abc", 3);
    int result = unlink(path);
    pread(file, &byte, 1, 1);
    VERDICT(result == 0 && byte == 'b', "returns %d, and an open file is %s", result, byte == 'b' ? "kept" : "lost");
}

PROBE(access) {
    char path[64];
    close(new_file(path));
    chmod(path, 0600);
    int result = access(path, X_OK);
    VERDICT(result == -1 && errno == EACCES, "X_OK of a file that cannot be run gives %d", result);
}

PROBE(open) {
    char path[64];
    close(new_file(path));
    int result = open(path, O_CREAT | O_EXCL | O_RDWR, 0600);
    VERDICT(result == -1 && errno == EEXIST, "O_EXCL of a file that exists gives %d", result);
}

PROBE(posix_fallocate) {
    char path[64];
    struct stat facts;
    int file = new_file(path), result = posix_fallocate(file, 0, 1000);
    fstat(file, &facts);
    VERDICT(result == 0 && facts.st_size == 1000, "returns %d, and the file has %ld bytes", result, (long)facts.st_size);
}

PROBE(fdatasync) {
    char path[64];
    int result = fdatasync(new_file(path));
    VERDICT(result == 0, "returns %d", result);
}

PROBE(fsync) {
    char path[64];
    int result = fsync(new_file(path));
    VERDICT(result == 0, "returns %d", result);
}

PROBE(readv) {
    char path[64], a[2], b[2];
    struct iovec parts[2] = {{a, 2}, {b, 2}};
    int file = new_file(path);
    write(file, "abcd", 4);
    lseek(file, 0, SEEK_SET);
    ssize_t got = readv(file, parts, 2);
    VERDICT(got == 4 && b[1] == 'd', "returns %d", (int)got);
}

PROBE(ftruncate) {
    char path[64];
    struct stat facts;
    int file = new_file(path), result = ftruncate(file, 5000);
    fstat(file, &facts);
    VERDICT(result == 0 && facts.st_size == 5000, "returns %d", result);
}

PROBE(tmpfile) {
    FILE *file = tmpfile();
    VERDICT(file != 0, "returns NULL, errno %d", errno);
}

PROBE(realpath) {
    char path[64], *real;
    close(new_file(path));
    real = realpath(path, 0);
    VERDICT(real && !strcmp(real, path), "returns %s", real ? real : "NULL");
}

PROBE(telldir) {
    DIR *folder = opendir("/");
    long place;
    char name[300];
    readdir(folder);
    place = telldir(folder);
    snprintf(name, sizeof name, "%s", readdir(folder)->d_name);
    seekdir(folder, place);
    struct dirent *again = readdir(folder);
    VERDICT(again && !strcmp(again->d_name, name), "the place is %ld", place);
}

PROBE(ioctl) {
    int ends[2], count = -1;
    pipe(ends);
    write(ends[1], "abc", 3);
    int result = ioctl(ends[0], FIONREAD, &count);
    VERDICT(result == 0 && count == 3, "FIONREAD returns %d and %d", result, count);
}

PROBE(statvfs) {
    char path[64];
    struct statvfs before, after;
    int file = new_file(path);
    static char block[1 << 20];
    memset(block, 1, sizeof block);
    int result = statvfs(path, &before);
    for (int i = 0; i < 8; i++) write(file, block, sizeof block);
    fsync(file);
    statvfs(path, &after);
    unlink(path);
    VERDICT(result == 0 && before.f_bfree != after.f_bfree, "returns %d, and 8 MB of a new file change nothing", result);
}

PROBE(chroot) {
    int result = chroot("/");
    VERDICT(result == 0, "returns %d, errno %d", result, errno);
}

const Probe file_probes[] = {
    ENTRY(flock), ENTRY(lockf), ENTRY(mmap), ENTRY(munmap), ENTRY(msync), ENTRY(mprotect), ENTRY(madvise),
    ENTRY(mremap), ENTRY(mincore), ENTRY(mlock), ENTRY(shm_open), ENTRY(select), ENTRY(pselect), ENTRY(poll),
    ENTRY(ppoll), ENTRY(pipe), ENTRY(dup), ENTRY(fcntl), ENTRY(chmod), ENTRY(chown), ENTRY(umask), ENTRY(link),
    ENTRY(symlink), ENTRY(mkfifo), ENTRY(utimensat), ENTRY(unlink), ENTRY(access), ENTRY(open),
    ENTRY(posix_fallocate), ENTRY(fdatasync), ENTRY(fsync), ENTRY(readv), ENTRY(ftruncate), ENTRY(tmpfile),
    ENTRY(realpath), ENTRY(telldir), ENTRY(ioctl), ENTRY(statvfs), ENTRY(chroot), END};
