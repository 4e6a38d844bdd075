/*
 * Load for bench/agent.ts, as cheap as a program can be so that what is measured is the kernel and the agent.
 *   serve ADDRESS                 answers every message with itself, holds what it accepts
 *   connect ADDRESS SECONDS RATE  connection, 100 bytes there and back, reset; RATE a second, 0 for as many as possible
 *   request ADDRESS SECONDS       100 bytes there and back on one connection
 *   bulk ADDRESS SECONDS          writes of 128 kB on one connection
 *   hold ADDRESS COUNT            opens connections, prints "ready" and waits
 * Clients print a line every 50 ms: monotonic seconds, operations, their own CPU seconds.
 */
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <netinet/tcp.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

enum { PORT = 7000, MESSAGE = 100, BULK = 131072 };
static char buffer[BULK];
static struct sockaddr_in address;

static double seconds(clockid_t clock)
{
	struct timespec now;
	clock_gettime(clock, &now);
	return now.tv_sec + now.tv_nsec / 1e9;
}

static void fail(const char *what)
{
	perror(what);
	exit(1);
}

static int dial(void)
{
	int one = 1, fd = socket(AF_INET, SOCK_STREAM, 0);
	setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof one);
	if (connect(fd, (void *)&address, sizeof address))
		fail("connect");
	return fd;
}

static void exchange(int fd)
{
	if (write(fd, buffer, MESSAGE) < 0 || read(fd, buffer, MESSAGE) < 0)
		fail("exchange");
}

static void serve(void)
{
	int one = 1, listener = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK, 0), poll = epoll_create1(0);
	setsockopt(listener, SOL_SOCKET, SO_REUSEADDR, &one, sizeof one);
	if (bind(listener, (void *)&address, sizeof address) || listen(listener, 4096))
		fail("listen");
	struct epoll_event event = {.events = EPOLLIN, .data.fd = listener}, events[256];
	epoll_ctl(poll, EPOLL_CTL_ADD, listener, &event);
	puts("ready");
	fflush(stdout);
	for (;;) {
		int count = epoll_wait(poll, events, 256, -1);
		for (int i = 0; i < count; i++) {
			int fd = events[i].data.fd;
			if (fd == listener) {
				while ((fd = accept4(listener, 0, 0, SOCK_NONBLOCK)) >= 0) {
					event.data.fd = fd;
					epoll_ctl(poll, EPOLL_CTL_ADD, fd, &event);
				}
				continue;
			}
			int got = read(fd, buffer, BULK);
			if (got <= 0)
				close(fd);
			else if (got <= MESSAGE && write(fd, buffer, got) < 0)
				close(fd);
		}
	}
}

static void hold(int count)
{
	for (int i = 0; i < count; i++)
		dial();
	puts("ready");
	fflush(stdout);
	pause();
}

/* One operation of a kind; `fd` is the connection of those that keep one. */
static void operate(char kind, int fd)
{
	if (kind == 'b' && write(fd, buffer, BULK) < 0)
		fail("write");
	if (kind == 'r')
		exchange(fd);
	if (kind != 'c')
		return;
	struct linger reset = {1, 0};
	fd = dial();
	exchange(fd);
	setsockopt(fd, SOL_SOCKET, SO_LINGER, &reset, sizeof reset);
	close(fd);
}

static void load(char kind, double duration, double rate)
{
	int fd = kind == 'c' ? -1 : dial();
	double start = seconds(CLOCK_MONOTONIC), slice = start, cpu = seconds(CLOCK_PROCESS_CPUTIME_ID);
	long in_slice = 0, all = 0;
	for (;;) {
		operate(kind, fd);
		in_slice++;
		all++;
		double now = seconds(CLOCK_MONOTONIC);
		if (rate > 0 && all / rate > now - start)
			usleep((all / rate - (now - start)) * 1e6);
		if (now - slice < 0.05)
			continue;
		double used = seconds(CLOCK_PROCESS_CPUTIME_ID);
		printf("%.6f %ld %.6f %.6f\n", now, in_slice, used - cpu, now - slice);
		in_slice = 0;
		slice = now;
		cpu = used;
		if (now - start > duration)
			return;
	}
}

int main(int count, char **words)
{
	struct rlimit files = {65536, 65536};
	if (count < 3)
		return 2;
	setrlimit(RLIMIT_NOFILE, &files);
	signal(SIGPIPE, SIG_IGN);
	address.sin_family = AF_INET;
	address.sin_port = htons(PORT);
	address.sin_addr.s_addr = inet_addr(words[2]);
	if (!strcmp(words[1], "serve"))
		serve();
	if (count < 4)
		return 2;
	if (!strcmp(words[1], "hold"))
		hold(atoi(words[3]));
	else
		load(words[1][0], atof(words[3]), count > 4 ? atof(words[4]) : 0);
	return 0;
}
