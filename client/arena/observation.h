#ifndef SPRINGBOARD_CLIENT_ARENA_OBSERVATION_H_
#define SPRINGBOARD_CLIENT_ARENA_OBSERVATION_H_

#include <memory>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/types/span.h"
#include "client/arena/code_observer.h"

namespace springboard {

using CodeRegistrations = std::vector<std::unique_ptr<CodeRegistration>>;

// Tells every observer. After an error their registrations are undone; lines in a file stay.
inline absl::StatusOr<CodeRegistrations> TellObservers(absl::Span<CodeObserver* const> observers,
                                                       const NewCode& code) {
  CodeRegistrations registrations;
  for (CodeObserver* const observer : observers) {
    absl::StatusOr<std::unique_ptr<CodeRegistration>> registration = observer->Observe(code);
    if (!registration.ok()) return registration.status();
    if (*registration != nullptr) registrations.push_back(*std::move(registration));
  }
  return registrations;
}

}  // namespace springboard

#endif  // SPRINGBOARD_CLIENT_ARENA_OBSERVATION_H_
