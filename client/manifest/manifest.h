#ifndef SPRINGBOARD_CLIENT_MANIFEST_MANIFEST_H_
#define SPRINGBOARD_CLIENT_MANIFEST_MANIFEST_H_

#include <cstddef>
#include <string>
#include <vector>

#include "compiler/signature.h"
#include "compiler/target.h"

namespace springboard {

// A C function that trampolines are made for ahead of time.
struct ManifestSymbol {
  std::string name;  // As linkers know it, without a platform's prefix: "pow".
  Signature signature;
  CallerProfile profile;
  std::vector<Target> targets;  // Ascending; empty: whatever is asked for.
  std::string origin;           // Where it is written, "stubs.textproto:12".
};

// What a build farm wants trampolines of.
struct Manifest {
  static constexpr size_t kMaxSymbols = 4000000;

  // In the order of the file. A name is there once for each target: C's long gives a function
  // another signature on Windows.
  std::vector<ManifestSymbol> symbols;
  // What the file has and trampolines cannot have, a line each with place, name and reason:
  // "zlib.h:1405: gzprintf: takes a variable number of arguments".
  std::vector<std::string> left_out;
};

}  // namespace springboard

#endif  // SPRINGBOARD_CLIENT_MANIFEST_MANIFEST_H_
