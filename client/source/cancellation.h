#ifndef SPRINGBOARD_CLIENT_SOURCE_CANCELLATION_H_
#define SPRINGBOARD_CLIENT_SOURCE_CANCELLATION_H_

#include <cstdint>
#include <functional>
#include <memory>
#include <utility>

namespace springboard {

// Lets work that goes on elsewhere be given up. Copies are the same cancellation. Thread-safe.
class Cancellation {
 public:
  // Can never be cancelled.
  Cancellation() = default;
  // Can be.
  static Cancellation New();

  // Does nothing the second time, nor to one that cannot be cancelled. Calls what was given to
  // OnCancel(), in this thread.
  void Cancel() const;
  bool is_cancelled() const;

  // Forgets the callback when it is destroyed, and does not wait for one that runs. Move-only.
  class Registration {
   public:
    Registration() = default;
    Registration(Registration&& other) noexcept
        : state_(std::exchange(other.state_, nullptr)), id_(other.id_) {}
    Registration& operator=(Registration&& other) noexcept {
      std::swap(state_, other.state_);
      std::swap(id_, other.id_);
      return *this;
    }
    ~Registration();

   private:
    friend class Cancellation;
    struct State;
    std::shared_ptr<State> state_;
    uint64_t id_ = 0;
  };

  // Calls `callback` at the cancellation, or now if that has been.
  [[nodiscard]] Registration OnCancel(std::function<void()> callback) const;

 private:
  std::shared_ptr<Registration::State> state_;
};

}  // namespace springboard

#endif  // SPRINGBOARD_CLIENT_SOURCE_CANCELLATION_H_
