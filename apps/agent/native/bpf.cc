// Loading the eBPF object and moving its bytes: ring, maps, iterators. Which programs to load, and what a failure means,
// is decided in TypeScript. A handle is an index that is never used twice.
#include <bpf/bpf.h>
#include <bpf/libbpf.h>
#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdio.h>
#include <unistd.h>

#include <map>
#include <memory>
#include <set>
#include <vector>

#include "value.h"

namespace {

/// Bytes that a map's read-only data may start with, and libbpf's last words. One per thread: workers load too.
thread_local std::string loaderLog;
constexpr size_t loaderLogMax = 16384;

int keepLog(libbpf_print_level level, const char *format, va_list arguments) {
  if (level == LIBBPF_DEBUG) return 0;
  char line[2048];
  int size = vsnprintf(line, sizeof line, format, arguments);
  if (size > 0 && loaderLog.size() < loaderLogMax) loaderLog.append(line, std::min<size_t>(size, sizeof line - 1));
  return size;
}

struct Loaded {
  bpf_object *object = nullptr;
  ring_buffer *ring = nullptr;
  std::map<std::string, bpf_link *> links;
  uint8_t *sink = nullptr;
  size_t sinkSize = 0, sinkUsed = 0;

  ~Loaded() {
    for (auto &[name, link] : links) bpf_link__destroy(link);
    if (ring) ring_buffer__free(ring);
    if (object) bpf_object__close(object);
  }
};

thread_local std::map<int64_t, Loaded *> handles;
thread_local int64_t nextHandle = 1;

Loaded &loaded(const Call &call) {
  auto found = handles.find(call.number(0));
  if (found == handles.end()) throw std::invalid_argument("unknown handle " + std::to_string(call.number(0)));
  return *found->second;
}

bpf_program *findProgram(Loaded &from, const std::string &name) {
  bpf_program *program = bpf_object__find_program_by_name(from.object, name.c_str());
  if (!program) throw std::invalid_argument("unknown program \"" + name + "\"");
  return program;
}

bpf_map *findMap(Loaded &from, const std::string &name) {
  bpf_map *map = bpf_object__find_map_by_name(from.object, name.c_str());
  if (!map) throw std::invalid_argument("unknown map \"" + name + "\"");
  return map;
}

std::set<std::string> readNames(const Call &call, size_t at) {
  uint32_t length = 0;
  napi_get_array_length(call.env, call.array(at), &length);
  std::set<std::string> names;
  for (uint32_t i = 0; i < length; i++) {
    napi_value element;
    napi_get_element(call.env, call.array(at), i, &element);
    char name[64];
    size_t size = 0;
    napi_get_value_string_utf8(call.env, element, name, sizeof name, &size);
    names.insert(std::string(name, size));
  }
  return names;
}

void writeConstants(bpf_object *object, Bytes constants) {
  bpf_map *map;
  bpf_object__for_each_map(map, object) {
    if (!strstr(bpf_map__name(map), ".rodata")) continue;
    size_t size = 0;
    void *initial = const_cast<void *>(bpf_map__initial_value(map, &size));
    if (initial) memcpy(initial, constants.data, std::min(size, constants.size));
  }
}

/// load(object, constants, programs) -> handle. Only the named programs are loaded, all of them or none.
napi_value load(const Call &call) {
  Bytes bytes = call.bytes(0);
  auto wanted = readNames(call, 2);
  loaderLog.clear();
  libbpf_set_print(keepLog);
  LIBBPF_OPTS(bpf_object_open_opts, options, .object_name = "margay");
  auto into = std::make_unique<Loaded>();
  into->object = bpf_object__open_mem(bytes.data, bytes.size, &options);
  if (!into->object) throw SystemError("open the eBPF object", errno, loaderLog);
  writeConstants(into->object, call.bytes(1));
  bpf_program *program;
  bpf_object__for_each_program(program, into->object)
      bpf_program__set_autoload(program, wanted.count(bpf_program__name(program)) > 0);
  int error = bpf_object__load(into->object);
  if (error) throw SystemError("load the eBPF object", -error, loaderLog);
  handles[nextHandle] = into.release();
  return call.result(nextHandle++);
}

/// close(handle). Detaches every program.
napi_value close(const Call &call) {
  delete &loaded(call);
  handles.erase(call.number(0));
  return nullptr;
}

/// attach(handle, program, cgroupPath). The path is used by programs of cgroups only.
napi_value attach(const Call &call) {
  Loaded &into = loaded(call);
  std::string name = call.text(1);
  bpf_program *program = findProgram(into, name);
  loaderLog.clear();
  bpf_link *link = nullptr;
  if (!strncmp(bpf_program__section_name(program), "cgroup", 6)) {
    int cgroup = open(call.text(2).c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (cgroup < 0) throw SystemError("open cgroup " + call.text(2), errno);
    link = bpf_program__attach_cgroup(program, cgroup);
    int error = errno;
    ::close(cgroup);
    errno = error;
  } else {
    link = bpf_program__attach(program);
  }
  if (!link) throw SystemError("attach " + name, errno, loaderLog);
  into.links[name] = link;
  return nullptr;
}

/// detach(handle, program). The program stays loaded.
napi_value detach(const Call &call) {
  Loaded &from = loaded(call);
  auto found = from.links.find(call.text(1));
  if (found == from.links.end()) return nullptr;
  bpf_link__destroy(found->second);
  from.links.erase(found);
  return nullptr;
}

/// Leaves room for the largest record, so that none is ever cut.
constexpr size_t largestRecord = 8192;

int takeRecord(void *context, void *data, size_t size) {
  auto *into = static_cast<Loaded *>(context);
  memcpy(into->sink + into->sinkUsed, data, size);
  into->sinkUsed += (size + 7) & ~size_t{7};
  return into->sinkSize - into->sinkUsed < largestRecord ? -ENOBUFS : 0;
}

/// ring(handle, map, buffer) -> bytes. Copies records, each padded to eight bytes, until the ring or the room is at its end.
napi_value ring(const Call &call) {
  Loaded &from = loaded(call);
  if (!from.ring) {
    from.ring = ring_buffer__new(bpf_map__fd(findMap(from, call.text(1))), takeRecord, &from, nullptr);
    if (!from.ring) throw SystemError("open ring " + call.text(1), errno);
  }
  Bytes buffer = call.bytes(2);
  if (buffer.size < largestRecord) throw std::invalid_argument("the buffer is smaller than the largest record");
  from.sink = buffer.data;
  from.sinkSize = buffer.size;
  from.sinkUsed = 0;
  int taken = ring_buffer__consume(from.ring);
  if (taken < 0 && taken != -ENOBUFS) throw SystemError("read ring", -taken);
  return call.result(from.sinkUsed);
}

constexpr uint32_t drainBatch = 4096;

/// drain(handle, map, keys, values) -> count. Takes entries out of the map until it is empty or the room is full.
napi_value drain(const Call &call) {
  bpf_map *map = findMap(loaded(call), call.text(1));
  Bytes keys = call.bytes(2), values = call.bytes(3);
  uint32_t keySize = bpf_map__key_size(map), valueSize = bpf_map__value_size(map);
  uint32_t room = std::min(keys.size / keySize, values.size / valueSize), taken = 0;
  uint32_t cursor = 0, next = 0;
  LIBBPF_OPTS(bpf_map_batch_opts, options);
  while (taken < room) {
    uint32_t count = std::min(room - taken, drainBatch);
    int error = bpf_map_lookup_and_delete_batch(bpf_map__fd(map), taken ? &cursor : nullptr, &next,
                                                keys.data + size_t{taken} * keySize,
                                                values.data + size_t{taken} * valueSize, &count, &options);
    int number = errno;
    if (error && number == ENOSPC) break;
    if (error && number != ENOENT) throw SystemError("drain map " + call.text(1), number);
    taken += count;
    cursor = next;
    if (error || count == 0) break;
  }
  return call.result(taken);
}

/// read(handle, map, key, value) -> bytes of the value; for a per-CPU map one value per CPU, 0 where there is no entry.
napi_value read(const Call &call) {
  bpf_map *map = findMap(loaded(call), call.text(1));
  bool perCpu = bpf_map__type(map) == BPF_MAP_TYPE_PERCPU_ARRAY;
  size_t size = size_t{bpf_map__value_size(map)} * (perCpu ? libbpf_num_possible_cpus() : 1);
  Bytes key = call.bytes(2), value = call.bytes(3);
  if (key.size < bpf_map__key_size(map) || value.size < size) throw std::invalid_argument("the buffers are too small");
  int error = bpf_map_lookup_elem(bpf_map__fd(map), key.data, value.data);
  if (error && errno != ENOENT) throw SystemError("read map " + call.text(1), errno);
  return call.result(error ? 0 : size);
}

/// write(handle, map, key, value)
napi_value write(const Call &call) {
  bpf_map *map = findMap(loaded(call), call.text(1));
  Bytes key = call.bytes(2), value = call.bytes(3);
  if (key.size < bpf_map__key_size(map) || value.size < bpf_map__value_size(map))
    throw std::invalid_argument("the buffers are too small");
  if (bpf_map_update_elem(bpf_map__fd(map), key.data, value.data, BPF_ANY))
    throw SystemError("write map " + call.text(1), errno);
  return nullptr;
}

/// iterate(handle, program, map) -> descriptor to be read with readAll. The map is empty for an iterator without one.
napi_value iterate(const Call &call) {
  Loaded &from = loaded(call);
  bpf_program *program = findProgram(from, call.text(1));
  bpf_iter_link_info info = {};
  LIBBPF_OPTS(bpf_iter_attach_opts, options);
  if (!call.text(2).empty()) {
    info.map.map_fd = bpf_map__fd(findMap(from, call.text(2)));
    options.link_info = &info;
    options.link_info_len = sizeof info;
  }
  bpf_link *link = bpf_program__attach_iter(program, &options);
  if (!link) throw SystemError("attach iterator " + call.text(1), errno);
  int descriptor = bpf_iter_create(bpf_link__fd(link));
  int number = errno;
  bpf_link__destroy(link);
  if (descriptor < 0) throw SystemError("open iterator " + call.text(1), number);
  return call.result(descriptor);
}

/// readSome(descriptor, buffer) -> bytes, 0 at the end.
napi_value readSome(const Call &call) {
  Bytes buffer = call.bytes(1);
  ssize_t got;
  do got = ::read(call.number(0), buffer.data, buffer.size);
  while (got < 0 && (errno == EINTR || errno == EAGAIN));
  if (got < 0) throw SystemError("read iterator", errno);
  return call.result(got);
}

}  // namespace

void defineBpf(napi_env env, napi_value exports) {
  napi_property_descriptor methods[] = {
      method("load", guard<load>),   method("close", guard<close>), method("attach", guard<attach>),
      method("detach", guard<detach>), method("ring", guard<ring>),   method("drain", guard<drain>),
      method("read", guard<read>),   method("write", guard<write>), method("iterate", guard<iterate>),
      method("readSome", guard<readSome>),
  };
  napi_define_properties(env, exports, std::size(methods), methods);
}
