#include <optional>
#include <string>
#include <unordered_map>
#include <utility>
#include <vector>

#include "tools/dump/record_printer.h"
#include "tools/inspect/pool_counts.h"
#include "tools/text_table.h"

namespace pharox::tools {

namespace {

constexpr std::size_t kIdWidth = 36;
constexpr std::size_t kTimeWidth = 27;
constexpr std::size_t kNameWidth = 16;

std::vector<Column> columns_of(RecordKind kind) {
  switch (kind) {
    case RecordKind::pools:
      return {{"id", kIdWidth}, {"name", kNameWidth}, {"description"}};
    case RecordKind::consumers:
      return {{"id", kIdWidth}, {"name"}};
    case RecordKind::proxies:
      return {{"id", kIdWidth},
              {"pool", kNameWidth},
              {"url", 32},
              {"status", 8},
              {"leases", 6, Align::right},
              {"limit", 5, Align::right},
              {"country", 7},
              {"city", kNameWidth},
              {"asn", 6, Align::right},
              {"isp", kNameWidth},
              {"source", 8},
              {"checked_at", kTimeWidth}};
    case RecordKind::leases:
      return {{"id", kIdWidth},
              {"pool", kNameWidth},
              {"proxy_id", kIdWidth},
              {"consumer", kNameWidth},
              {"acquired_at", kTimeWidth},
              {"expires_at", kTimeWidth},
              {"token", 8, Align::right},
              {"due"}};
    case RecordKind::history:
      return {{"id", kIdWidth},
              {"pool", kNameWidth},
              {"proxy_id", kIdWidth},
              {"consumer", kNameWidth},
              {"acquired_at", kTimeWidth},
              {"released_at", kTimeWidth},
              {"reason", 8},
              {"token", 8, Align::right}};
    case RecordKind::health:
      return {{"proxy_id", kIdWidth},           {"status", 8},
              {"latency_ms", 10, Align::right}, {"protocol", 8},
              {"attempts", 8, Align::right},    {"code", 4, Align::right},
              {"checked_at", kTimeWidth},       {"error"}};
    case RecordKind::cursors:
      return {{"pool", kNameWidth}, {"last_chosen", kIdWidth}};
  }
  return {};
}

template <class Number>
std::string text_of(const std::optional<Number>& number) {
  return number ? std::to_string(*number) : "";
}

class RecordTables final : public RecordPrinter {
 public:
  RecordTables(StoreView& view, Output& out, format::Secrets secrets)
      : view_(view),
        out_(out),
        secrets_(secrets),
        pools_(view.pool_names()),
        consumers_(view.consumer_names()) {}

  void begin(RecordKind kind) override {
    if (table_) out_.line("");
    for (const auto& [known, name] : kRecordKinds) {
      if (known == kind) out_.line(fmt::format("== {}", name));
    }
    if (kind == RecordKind::proxies) leases_ = count_leases(view_);
    table_.emplace(out_, columns_of(kind));
  }

  void pool(const ProxyPool& pool) override {
    table_->row({pool.id.to_string(), pool.name, pool.description.value_or("")});
  }

  void consumer(const Consumer& consumer) override {
    table_->row({consumer.id.to_string(), consumer.name});
  }

  void proxy(const Proxy& proxy) override {
    const auto held = leases_.find(proxy.id);
    table_->row({proxy.id.to_string(), name_in(pools_, proxy.pool_id), shown_url(proxy),
                 std::string(to_string(proxy.status)),
                 std::to_string(held == leases_.end() ? 0 : held->second.active),
                 text_of(proxy.max_concurrency), proxy.country.value_or(""),
                 proxy.city.value_or(""), text_of(proxy.asn), proxy.isp.value_or(""),
                 proxy.source.value_or(""), to_string(proxy.checked_at)});
  }

  void lease(const format::StoredLease& stored) override {
    const Lease& lease = stored.lease;
    table_->row({lease.id.to_string(), lease.pool_name, lease.proxy_id.to_string(),
                 name_in(consumers_, lease.consumer_id), to_string(lease.acquired_at),
                 to_string(lease.expires_at), std::to_string(lease.token),
                 lease.expires_at <= view_.taken_at() ? "due" : ""});
  }

  void ended_lease(const format::StoredLease& stored) override {
    const Lease& lease = stored.lease;
    table_->row({lease.id.to_string(), lease.pool_name, lease.proxy_id.to_string(),
                 name_in(consumers_, lease.consumer_id), to_string(lease.acquired_at),
                 lease.released_at ? to_string(*lease.released_at) : "",
                 lease.end_reason ? std::string(to_string(*lease.end_reason)) : "",
                 std::to_string(lease.token)});
  }

  void health(const HealthCheckResult& result) override {
    table_->row({result.proxy_id.to_string(), std::string(to_string(result.status)),
                 std::to_string(result.latency_ms), std::string(to_string(result.protocol)),
                 std::to_string(result.attempts), text_of(result.status_code),
                 to_string(result.checked_at), result.error_message.value_or("")});
  }

  void cursor(const Uuid& pool_id, const Uuid& last_chosen) override {
    table_->row({name_in(pools_, pool_id), last_chosen.to_string()});
  }

 private:
  using Names = std::unordered_map<Uuid, std::string>;

  // The id itself where its record is gone.
  static std::string name_in(const Names& names, const Uuid& id) {
    const auto name = names.find(id);
    return name == names.end() ? id.to_string() : name->second;
  }

  std::string shown_url(Proxy proxy) const {
    if (proxy.credentials && secrets_ == format::Secrets::mask) {
      proxy.credentials->password = format::kMaskedPassword;
    }
    return proxy.url();
  }

  StoreView& view_;
  Output& out_;
  const format::Secrets secrets_;
  const Names pools_;
  const Names consumers_;
  std::unordered_map<Uuid, ProxyLeases> leases_;
  std::optional<TextTable> table_;
};

}  // namespace

std::unique_ptr<RecordPrinter> print_tables(StoreView& view, Output& out, format::Secrets secrets) {
  return std::make_unique<RecordTables>(view, out, secrets);
}

}  // namespace pharox::tools
