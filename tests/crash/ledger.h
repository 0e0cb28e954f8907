// What a reopened store must hold, by what the worker told before it was killed.
//
//   told last                 the store may hold
//   ------------------------  ---------------------------------------
//   acquired                  the lease, active
//   acquired, releasing       the lease, active or ended
//   released                  the lease, ended
//   acquiring                 one active lease more, or not
#pragma once

#include <map>
#include <optional>
#include <string>
#include <vector>

#include "pharox/lease_storage.h"
#include "tests/crash/events.h"

namespace pharox::tests {

class Ledger {
 public:
  explicit Ledger(const std::vector<Event>& events);

  // The first contradiction between the store and what was told, as text.
  std::optional<std::string> contradiction(LeaseStorage& storage) const;

  std::uint64_t highest_token() const { return highest_token_; }
  std::size_t acknowledged() const { return acknowledged_; }

 private:
  struct Told {
    Event acquired;
    EventKind last;
  };
  std::map<Uuid, Told> leases_;
  std::map<std::uint32_t, EventKind> last_of_thread_;
  std::uint64_t highest_token_ = 0;
  std::size_t acknowledged_ = 0;
};

}  // namespace pharox::tests
