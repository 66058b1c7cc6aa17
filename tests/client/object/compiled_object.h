#ifndef SPRINGBOARD_TESTS_CLIENT_OBJECT_COMPILED_OBJECT_H_
#define SPRINGBOARD_TESTS_CLIENT_OBJECT_COMPILED_OBJECT_H_

#include <string>
#include <vector>

#include "client/object/object.h"
#include "compiler/target.h"

namespace springboard {

struct ObjectSymbol {
  std::string name;  // Of the callee.
  std::string signature;
};

// An object of trampolines as the compiler makes them, each named __springboard_ and its callee.
// Ends the program if one cannot be made.
Object CompiledObject(Target target, const std::vector<ObjectSymbol>& symbols,
                      bool has_landing_pads = false);

// Results of every width, with and without a frame; frames of every form that a target has, with
// up to 250 parameters.
const std::vector<ObjectSymbol>& TypicalSymbols();

}  // namespace springboard

#endif  // SPRINGBOARD_TESTS_CLIENT_OBJECT_COMPILED_OBJECT_H_
