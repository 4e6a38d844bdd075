// The door between TypeScript and the kernel. Functions only move bytes; `src/kernel/native.ts` is their type.
#include "value.h"

static napi_value initialize(napi_env env, napi_value exports) {
  defineBpf(env, exports);
  defineSockets(env, exports);
  return exports;
}

NAPI_MODULE(margay_agent, initialize)
