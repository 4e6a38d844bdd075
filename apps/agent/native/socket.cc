// Raw sockets, of this network namespace or another: netlink and packets. What is sent and what comes back is
// TypeScript's affair. And a cgroup's path by its id, which Node has no call for.
#include <errno.h>
#include <fcntl.h>
#include <linux/netlink.h>
#include <sched.h>
#include <sys/socket.h>
#include <unistd.h>

#include <unordered_map>

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

/// Errors that came behind messages, by descriptor: the kernel tells of one once, so it is kept for the next call.
thread_local std::unordered_map<int, int> owedErrors;

int takeOwedError(int descriptor) {
  auto owed = owedErrors.extract(descriptor);
  return owed ? owed.mapped() : 0;
}

/// receive(descriptor, buffer) -> bytes. As many messages as are there and fit, each padded to four bytes.
/// Throws ENOBUFS where the kernel had to drop some; the next call goes on.
napi_value receive(const Call &call) {
  int descriptor = call.number(0);
  Bytes buffer = call.bytes(1);
  if (int error = takeOwedError(descriptor)) throw SystemError("receive", error);
  size_t used = 0;
  while (buffer.size - used >= longestMessage) {
    ssize_t got = recv(descriptor, buffer.data + used, buffer.size - used, MSG_DONTWAIT);
    if (got < 0 && errno == EINTR) continue;
    if (got < 0 && errno != EAGAIN) {
      if (used == 0) throw SystemError("receive", errno);
      owedErrors[descriptor] = errno;
    }
    if (got <= 0) break;
    used += (got + 3) & ~ssize_t{3};
  }
  return call.result(used);
}

/// The kernel's type number of handles into its own file systems (FILEID_KERNFS).
constexpr int kernfsHandle = 0xfe;

/// cgroupPath(mountPoint, id) -> path below the mount point. The id is the directory's inode; throws ESTALE once it is gone.
napi_value cgroupPath(const Call &call) {
  std::string root = call.text(0);
  int mount = ::open(root.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  if (mount < 0) throw SystemError("open " + root, errno);
  alignas(file_handle) char room[sizeof(file_handle) + sizeof(uint64_t)];
  auto *handle = reinterpret_cast<file_handle *>(room);
  uint64_t id = call.number(1);
  handle->handle_bytes = sizeof id;
  handle->handle_type = kernfsHandle;
  memcpy(handle->f_handle, &id, sizeof id);
  int directory = open_by_handle_at(mount, handle, O_PATH | O_CLOEXEC);
  int number = errno;
  ::close(mount);
  if (directory < 0) throw SystemError("open a cgroup by its id", number);
  char path[4096];
  ssize_t size = readlink(("/proc/self/fd/" + std::to_string(directory)).c_str(), path, sizeof path);
  number = errno;
  ::close(directory);
  if (size < 0) throw SystemError("read a cgroup's path", number);
  return call.result(std::string(path, size).substr(root.size()));
}

/// closeDescriptor(descriptor)
napi_value closeDescriptor(const Call &call) {
  takeOwedError(call.number(0));
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
      method("cgroupPath", guard<cgroupPath>),
  };
  napi_define_properties(env, exports, std::size(methods), methods);
}
