// Raw sockets, of this network namespace or another: netlink and packets. What is sent and what comes back is
// TypeScript's affair.
#include <errno.h>
#include <fcntl.h>
#include <linux/netlink.h>
#include <sched.h>
#include <sys/socket.h>
#include <unistd.h>

#include "value.h"

namespace {

constexpr int receiveBuffer = 8 << 20;

int openSocket(int domain, int type, int protocol, uint32_t groups) {
  int descriptor = socket(domain, type | SOCK_NONBLOCK | SOCK_CLOEXEC, protocol);
  if (descriptor < 0) throw SystemError("open a socket", errno);
  // Beyond the system's limit only with CAP_NET_ADMIN; without it, what is allowed.
  if (setsockopt(descriptor, SOL_SOCKET, SO_RCVBUFFORCE, &receiveBuffer, sizeof receiveBuffer))
    setsockopt(descriptor, SOL_SOCKET, SO_RCVBUF, &receiveBuffer, sizeof receiveBuffer);
  if (domain != AF_NETLINK) return descriptor;
  sockaddr_nl address = {};
  address.nl_family = AF_NETLINK;
  address.nl_groups = groups;
  if (bind(descriptor, reinterpret_cast<sockaddr *>(&address), sizeof address)) {
    int number = errno;
    ::close(descriptor);
    throw SystemError("bind a netlink socket", number);
  }
  return descriptor;
}

/// Leaves the calling thread in the namespace it was in, whatever happens between.
class InNamespace {
 public:
  explicit InNamespace(const std::string &path) : home(open("/proc/thread-self/ns/net", O_RDONLY | O_CLOEXEC)) {
    int there = open(path.c_str(), O_RDONLY | O_CLOEXEC);
    int error = home < 0 || there < 0 || setns(there, CLONE_NEWNET) ? errno : 0;
    if (there >= 0) ::close(there);
    if (error) {
      if (home >= 0) ::close(home);
      throw SystemError("enter network namespace " + path, error);
    }
  }
  ~InNamespace() {
    setns(home, CLONE_NEWNET);
    ::close(home);
  }

 private:
  int home;
};

/// socket(domain, type, protocol, groups, netnsPath) -> descriptor. With an empty path in the namespace of the process.
napi_value open(const Call &call) {
  if (call.text(4).empty())
    return call.result(openSocket(call.number(0), call.number(1), call.number(2), call.number(3)));
  InNamespace there(call.text(4));
  return call.result(openSocket(call.number(0), call.number(1), call.number(2), call.number(3)));
}

/// send(descriptor, bytes)
napi_value sendBytes(const Call &call) {
  Bytes bytes = call.bytes(1);
  if (send(call.number(0), bytes.data, bytes.size, 0) < 0) throw SystemError("send", errno);
  return nullptr;
}

/// No netlink message is longer.
constexpr size_t longestMessage = 65536;

/// receive(descriptor, buffer) -> bytes. As many messages as are there and fit, each padded to four bytes.
/// Throws ENOBUFS where the kernel had to drop some; the next call goes on.
napi_value receive(const Call &call) {
  Bytes buffer = call.bytes(1);
  size_t used = 0;
  while (buffer.size - used >= longestMessage) {
    ssize_t got = recv(call.number(0), buffer.data + used, buffer.size - used, MSG_DONTWAIT);
    if (got < 0 && errno == EINTR) continue;
    if (got < 0 && errno != EAGAIN && used == 0) throw SystemError("receive", errno);
    if (got <= 0) break;
    used += (got + 3) & ~ssize_t{3};
  }
  return call.result(used);
}

/// closeDescriptor(descriptor)
napi_value closeDescriptor(const Call &call) {
  ::close(call.number(0));
  return nullptr;
}

}  // namespace

napi_property_descriptor method(const char *name, napi_callback callback) {
  return {name, nullptr, callback, nullptr, nullptr, nullptr, napi_enumerable, nullptr};
}

void defineSockets(napi_env env, napi_value exports) {
  napi_property_descriptor methods[] = {
      method("socket", guard<open>),
      method("send", guard<sendBytes>),
      method("receive", guard<receive>),
      method("closeDescriptor", guard<closeDescriptor>),
  };
  napi_define_properties(env, exports, std::size(methods), methods);
}
