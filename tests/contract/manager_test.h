// The fixture of the manager's suites: a manager over the backend, and what its error handler got.
#pragma once

#include "tests/contract/contract_test.h"

namespace pharox::tests {

class ManagerTest : public ContractTest {
 protected:
  void SetUp() override {
    ContractTest::SetUp();
    manager_.emplace(storage(), [this](std::string_view where, std::exception_ptr error) {
      EXPECT_FALSE(where.empty());
      try {
        std::rethrow_exception(error);
      } catch (const std::exception& exception) {
        reported.emplace_back(exception.what());
      } catch (...) {
        reported.emplace_back("not an exception");
      }
    });
  }

  ProxyManager& manager() { return *manager_; }

  static AcquireRequest request(Duration duration = kLeaseTime) {
    return {.pool_name = std::string(kPool), .duration = duration};
  }

  std::vector<std::string> reported;

 private:
  std::optional<ProxyManager> manager_;
};

}  // namespace pharox::tests
