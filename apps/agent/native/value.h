// Reading arguments and making results. Every function of the addon runs through `guard`, which turns a C++ exception
// into a JavaScript error: nothing here aborts the process.
#pragma once
#define NAPI_VERSION 8
#include <node_api.h>

#include <cstring>
#include <stdexcept>
#include <string>

struct Bytes {
  uint8_t *data;
  size_t size;
};

class Call {
 public:
  Call(napi_env env, napi_callback_info info) : env(env) { napi_get_cb_info(env, info, &count, arguments, nullptr, nullptr); }

  napi_env env;

  std::string text(size_t at) const {
    size_t size = 0;
    if (napi_get_value_string_utf8(env, argument(at), nullptr, 0, &size) != napi_ok) throw wrong(at, "a string");
    std::string value(size, '\0');
    napi_get_value_string_utf8(env, argument(at), value.data(), size + 1, &size);
    return value;
  }
  int64_t number(size_t at) const {
    int64_t value = 0;
    if (napi_get_value_int64(env, argument(at), &value) != napi_ok) throw wrong(at, "a number");
    return value;
  }
  Bytes bytes(size_t at) const {
    Bytes value{};
    if (napi_get_buffer_info(env, argument(at), reinterpret_cast<void **>(&value.data), &value.size) != napi_ok)
      throw wrong(at, "a Buffer");
    return value;
  }
  napi_value array(size_t at) const { return argument(at); }
  napi_value result(int64_t value) const {
    napi_value out;
    napi_create_int64(env, value, &out);
    return out;
  }
  napi_value result(const std::string &value) const {
    napi_value out;
    napi_create_string_utf8(env, value.data(), value.size(), &out);
    return out;
  }

 private:
  napi_value argument(size_t at) const {
    if (at >= count) throw wrong(at, "a value");
    return arguments[at];
  }
  static std::invalid_argument wrong(size_t at, const char *what) {
    return std::invalid_argument("argument " + std::to_string(at) + " must be " + what);
  }
  size_t count = 6;
  napi_value arguments[6];
};

/// An error of the system: what was tried, the system's words and number, and what the loader had to say about it.
class SystemError : public std::runtime_error {
 public:
  SystemError(const std::string &what, int number, const std::string &log = "")
      : std::runtime_error(what + ": " + strerror(number)), number(number), log(log) {}
  int number;
  std::string log;
};

inline void throwSystemError(napi_env env, const SystemError &error) {
  napi_value message, object, number, log;
  napi_create_string_utf8(env, error.what(), NAPI_AUTO_LENGTH, &message);
  napi_create_error(env, nullptr, message, &object);
  napi_create_int32(env, error.number, &number);
  napi_create_string_utf8(env, error.log.data(), error.log.size(), &log);
  napi_set_named_property(env, object, "errno", number);
  napi_set_named_property(env, object, "log", log);
  napi_throw(env, object);
}

template <napi_value (*function)(const Call &)>
napi_value guard(napi_env env, napi_callback_info info) {
  try {
    return function(Call(env, info));
  } catch (const SystemError &error) {
    throwSystemError(env, error);
  } catch (const std::exception &error) {
    napi_throw_error(env, nullptr, error.what());
  }
  return nullptr;
}

napi_property_descriptor method(const char *name, napi_callback callback);
void defineBpf(napi_env env, napi_value exports);
void defineSockets(napi_env env, napi_value exports);
