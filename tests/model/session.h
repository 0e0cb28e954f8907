// One storage and one model side by side: each step does one random operation on both and compares
// everything that comes back. The first difference is thrown as a Mismatch.
#pragma once

#include <functional>
#include <memory>
#include <stdexcept>
#include <string>

#include "pharox/pharox.h"
#include "tests/fixtures/records.h"
#include "tests/model/generator.h"
#include "tests/model/model.h"

namespace pharox::tests {

struct Mismatch : std::runtime_error {
  using std::runtime_error::runtime_error;
};

class Session {
 public:
  // Opens the storage, over what it kept when it was last open; nothing may be forgotten of it
  // (kEndless), because the session asks about leases of long ago.
  using Opener = std::function<std::unique_ptr<LeaseStorage>(const Clock&)>;
  static constexpr HistoryLimits kEndless{.max_leases = 1'000'000'000,
                                          .max_age = std::chrono::hours{24 * 365 * 200}};

  // With up to `proxies` proxies in three pools. A storage that `keeps` is opened anew at times.
  Session(std::uint64_t seed, std::uint64_t proxies, Opener opener, bool keeps);
  virtual ~Session() = default;

  void step();

  // The last operation, as text.
  const std::string& operation() const { return operation_; }

 protected:
  void open() { storage_ = opener_(clock_); }
  virtual void reopen();
  virtual void set_wall_clock();

  ProxyFilters random_filters();
  Uuid random_lease();
  void accept(const Lease& lease, Lease expected, Duration duration);
  // Which due leases the storage has reclaimed; returns how many it has not.
  std::size_t follow_reclaiming();
  void compare_everything();

  Generator random_;
  VirtualClock clock_{kStart};
  std::unique_ptr<LeaseStorage> storage_;
  Model model_{clock_};
  std::string operation_;
  std::uint64_t last_token_ = 0;
  Uuid last_lease_id_;

 private:
  struct Operation;
  static const Operation kOperations[];

  // Filters whose outermost predicate writes down which proxies it was asked about.
  struct AskedFilters {
    ProxyFilters filters;
    std::shared_ptr<std::vector<Proxy>> asked = std::make_shared<std::vector<Proxy>>();
  };
  AskedFilters asking(const ProxyFilters& filters) const;

  void acquire();
  void find();
  void create_lease();
  void release();
  void renew();
  void cleanup();
  void pass_time();
  void apply_health();
  void save_proxy();
  void save_many();
  void save(const ProxyPool& pool);
  void save(const std::vector<Proxy>& proxies);
  void delete_proxy();
  void delete_pool();
  void save_pool();
  void ensure_consumer();
  void read_one();
  void list_page();

  void compare_stats();

  const Opener opener_;
  const bool keeps_;
  std::uint64_t steps_ = 0;
};

}  // namespace pharox::tests
