// A storage that forgets everything when it is destroyed.
#pragma once

#include "pharox/lease_storage.h"

namespace pharox {

class InMemoryStorage final : public LeaseStorage {
 public:
  explicit InMemoryStorage(const LeaseStorageOptions& options = {});
};

}  // namespace pharox
