// Holds what the rows work on. A pool of a million proxies takes seconds to set up and much memory,
// so that rows share one, and there is one at a time.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <utility>

#include "bench/dataset.h"

namespace pharox::bench {

class Stage {
 public:
  // The dataset of this size; kept until another size is asked for.
  const Dataset& dataset(std::size_t proxies) {
    if (!dataset_ || dataset_->proxies.size() != proxies) {
      dataset_.reset();
      dataset_ = make_dataset(proxies);
    }
    return *dataset_;
  }

  // What `make` returned a pointer to when it was last called for this key; called again when
  // another key has been on the stage in between.
  template <class Make>
  auto& get(const std::string& key, Make&& make) {
    using Thing = typename decltype(make())::element_type;
    if (key != key_) {
      clear();
      thing_ = std::shared_ptr<Thing>(make());
      key_ = key;
    }
    return *static_cast<Thing*>(thing_.get());
  }

  // Frees it all but the dataset.
  void clear() {
    thing_.reset();
    key_.clear();
  }

 private:
  std::optional<Dataset> dataset_;
  std::string key_;  // empty: nothing
  std::shared_ptr<void> thing_;
};

}  // namespace pharox::bench
