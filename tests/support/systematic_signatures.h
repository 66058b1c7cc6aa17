#ifndef SPRINGBOARD_TESTS_SUPPORT_SYSTEMATIC_SIGNATURES_H_
#define SPRINGBOARD_TESTS_SUPPORT_SYSTEMATIC_SIGNATURES_H_

#include <vector>

#include "compiler/signature.h"

namespace springboard {

// The cases that a person would write down: every type in every position up to 14, behind integers,
// behind floats and behind both; every result with 0 to 14 parameters of each class; runs of floats
// before and after runs of integers; alternating widths on the stack; the reference's defects. Each
// once.
std::vector<Signature> SystematicSignatures();

}  // namespace springboard

#endif  // SPRINGBOARD_TESTS_SUPPORT_SYSTEMATIC_SIGNATURES_H_
