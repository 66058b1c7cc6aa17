#ifndef SPRINGBOARD_TESTS_CONFORMANCE_V8_CALLER_FAST_CALL_H_
#define SPRINGBOARD_TESTS_CONFORMANCE_V8_CALLER_FAST_CALL_H_

#include <random>
#include <string>

#include "compiler/signature.h"
#include "springboard/v1/types.pb.h"
#include "tests/conformance/v8_caller/engine.h"

namespace springboard {

// Makes optimised JavaScript call a compiled callee of `signature` through the trampoline at
// `entry`, several times, with arguments at the edges of their types, and compares what the callee
// recorded at kRecord and what JavaScript got. An empty text if all is right and every call took
// the fast path, else the first difference.
std::string CheckFastCalls(Engine& engine, const Signature& signature,
                           const v1::FastApiTemplate& fast_api, const void* entry,
                           std::mt19937_64& random);

}  // namespace springboard

#endif  // SPRINGBOARD_TESTS_CONFORMANCE_V8_CALLER_FAST_CALL_H_
