#include "engine/pool_index.h"

#include <algorithm>
#include <cassert>
#include <compare>
#include <tuple>

namespace pharox::engine {
namespace {

constexpr TextField kTextFieldList[kTextFields] = {TextField::source, TextField::country,
                                                   TextField::city, TextField::isp};

const std::optional<std::string>& text_of(const Proxy& proxy, TextField field) {
  switch (field) {
    case TextField::source:
      return proxy.source;
    case TextField::country:
      return proxy.country;
    case TextField::city:
      return proxy.city;
    case TextField::isp:
      break;
  }
  return proxy.isp;
}

}  // namespace

bool PoolIndex::ById::operator()(Ordinal a, Ordinal b) const {
  return index->rows_[a].id < index->rows_[b].id;
}
bool PoolIndex::ById::operator()(const Uuid& a, Ordinal b) const { return a < index->rows_[b].id; }
bool PoolIndex::ById::operator()(Ordinal a, const Uuid& b) const { return index->rows_[a].id < b; }

bool PoolIndex::ByCheckedAt::operator()(Ordinal a, Ordinal b) const {
  const ProxyRow& x = index->rows_[a];
  const ProxyRow& y = index->rows_[b];
  return std::tie(y.checked_at, x.id) < std::tie(x.checked_at, y.id);
}

bool PoolIndex::ByLoad::operator()(Ordinal a, Ordinal b) const {
  const ProxyRow& x = index->rows_[a];
  const ProxyRow& y = index->rows_[b];
  return std::tie(x.leases, x.checked_at, x.id) < std::tie(y.leases, y.checked_at, y.id);
}

PoolIndex::PoolIndex()
    : texts_(kTextFields),
      by_id_(ById{this}),
      by_checked_at_(ByCheckedAt{this}),
      by_load_(ByLoad{this}) {}

ValueId PoolIndex::find_text(TextField field, const std::string& value) const {
  return texts_[static_cast<std::size_t>(field)].find(value);
}

const Roaring& PoolIndex::with_text(TextField field, ValueId value) const {
  return texts_[static_cast<std::size_t>(field)].ordinals(value);
}

void PoolIndex::index_attributes(Ordinal ordinal, const Proxy& proxy) {
  ProxyRow& row = rows_[ordinal];
  for (const TextField field : kTextFieldList) {
    const auto at = static_cast<std::size_t>(field);
    const auto& text = text_of(proxy, field);
    row.texts[at] = text ? texts_[at].add(*text, ordinal) : kNoValue;
  }
  row.asn = proxy.asn ? asns_.add(*proxy.asn, ordinal) : kNoValue;
  if (const auto place = row.place()) geo_.add(*place, ordinal);
  all_.add(ordinal);
}

void PoolIndex::forget_attributes(Ordinal ordinal) {
  const ProxyRow& row = rows_[ordinal];
  for (std::size_t at = 0; at < kTextFields; ++at) {
    if (row.texts[at] != kNoValue) texts_[at].remove(row.texts[at], ordinal);
  }
  if (row.asn != kNoValue) asns_.remove(row.asn, ordinal);
  if (const auto place = row.place()) geo_.remove(*place, ordinal);
  all_.remove(ordinal);
}

void PoolIndex::count_in(Ordinal ordinal) {
  const ProxyRow& row = rows_[ordinal];
  ++stats_.total_proxies;
  stats_.active_proxies += row.status == ProxyStatus::active;
  stats_.leased_proxies += row.leases > 0;
  stats_.total_leases += row.leases;
  if (!row.available()) return;
  ++stats_.available_proxies;
  available_.add(ordinal);
  by_checked_at_.insert(ordinal);
  by_load_.insert(ordinal);
}

void PoolIndex::count_out(Ordinal ordinal) {
  const ProxyRow& row = rows_[ordinal];
  --stats_.total_proxies;
  stats_.active_proxies -= row.status == ProxyStatus::active;
  stats_.leased_proxies -= row.leases > 0;
  stats_.total_leases -= row.leases;
  if (!row.available()) return;
  --stats_.available_proxies;
  available_.remove(ordinal);
  by_checked_at_.erase(ordinal);
  by_load_.erase(ordinal);
}

void PoolIndex::write_row(ProxyRow& row, Ordinal ordinal, const Proxy& proxy) {
  row.host = proxy.host;
  row.credentials = proxy.credentials ? std::make_unique<Credentials>(*proxy.credentials) : nullptr;
  row.checked_at = proxy.checked_at;
  row.latitude = proxy.latitude;
  row.longitude = proxy.longitude;
  row.max_concurrency = proxy.max_concurrency.value_or(0);
  row.port = proxy.port;
  row.protocol = proxy.protocol;
  row.status = proxy.status;
  index_attributes(ordinal, proxy);
}

Ordinal PoolIndex::insert(const Proxy& proxy, std::uint32_t leases) {
  if (free_.empty()) {
    free_.push_back(static_cast<Ordinal>(rows_.size()));
    rows_.emplace_back();
  }
  const Ordinal ordinal = free_.back();
  free_.pop_back();
  ProxyRow& row = rows_[ordinal];
  row.id = proxy.id;
  row.leases = leases;
  write_row(row, ordinal, proxy);
  by_id_.insert(ordinal);
  count_in(ordinal);
  return ordinal;
}

void PoolIndex::replace(Ordinal ordinal, const Proxy& proxy) {
  assert(rows_[ordinal].id == proxy.id);
  count_out(ordinal);
  forget_attributes(ordinal);
  write_row(rows_[ordinal], ordinal, proxy);
  count_in(ordinal);
}

void PoolIndex::erase(Ordinal ordinal) {
  count_out(ordinal);
  forget_attributes(ordinal);
  by_id_.erase(ordinal);
  rows_[ordinal] = ProxyRow{};
  free_.push_back(ordinal);
}

void PoolIndex::set_leases(Ordinal ordinal, std::uint32_t leases) {
  ProxyRow& row = rows_[ordinal];
  const bool was_available = row.available();
  // The common case moves one node of one order and allocates nothing.
  if (was_available) {
    auto node = by_load_.extract(ordinal);
    stats_.leased_proxies -= row.leases > 0;
    stats_.total_leases -= row.leases;
    row.leases = leases;
    stats_.leased_proxies += row.leases > 0;
    stats_.total_leases += row.leases;
    if (row.available()) {
      by_load_.insert(std::move(node));
    } else {
      --stats_.available_proxies;
      available_.remove(ordinal);
      by_checked_at_.erase(ordinal);
    }
    return;
  }
  count_out(ordinal);
  row.leases = leases;
  count_in(ordinal);
}

void PoolIndex::set_health(Ordinal ordinal, ProxyStatus status, Timestamp checked_at) {
  count_out(ordinal);
  rows_[ordinal].status = status;
  rows_[ordinal].checked_at = checked_at;
  count_in(ordinal);
}

Proxy PoolIndex::proxy(Ordinal ordinal, const Uuid& pool_id) const {
  const ProxyRow& row = rows_[ordinal];
  const auto text = [&](TextField field) -> std::optional<std::string> {
    const auto at = static_cast<std::size_t>(field);
    if (row.texts[at] == kNoValue) return std::nullopt;
    return texts_[at].value(row.texts[at]);
  };
  Proxy proxy{.id = row.id,
              .host = row.host,
              .port = row.port,
              .protocol = row.protocol,
              .pool_id = pool_id,
              .status = row.status,
              .checked_at = row.checked_at,
              .credentials = std::nullopt,
              .source = text(TextField::source),
              .country = text(TextField::country),
              .city = text(TextField::city),
              .latitude = row.latitude,
              .longitude = row.longitude,
              .isp = text(TextField::isp),
              .asn = std::nullopt,
              .max_concurrency = std::nullopt,
              .current_leases = row.leases};
  if (row.credentials) proxy.credentials = *row.credentials;
  if (row.asn != kNoValue) proxy.asn = asns_.value(row.asn);
  if (row.max_concurrency != 0) proxy.max_concurrency = row.max_concurrency;
  return proxy;
}

std::vector<Ordinal> PoolIndex::list(const Uuid& after, std::size_t limit) const {
  std::vector<Ordinal> found;
  for (auto at = by_id_.upper_bound(after); at != by_id_.end() && found.size() < limit; ++at) {
    found.push_back(*at);
  }
  return found;
}

std::optional<std::string> PoolIndex::validate_row(Ordinal ordinal) const {
  const ProxyRow& row = rows_[ordinal];
  const auto wrong = [&](const char* what) {
    return std::optional("pool index: " + std::string(what) + " of proxy " + row.id.to_string());
  };
  if (!all_.contains(ordinal) || !by_id_.contains(ordinal)) return wrong("missing membership");
  const bool available = row.available();
  if (available_.contains(ordinal) != available) return wrong("wrong availability bit");
  if (by_checked_at_.contains(ordinal) != available) return wrong("wrong place by checked_at");
  if (by_load_.contains(ordinal) != available) return wrong("wrong place by load");
  for (std::size_t at = 0; at < kTextFields; ++at) {
    if (row.texts[at] == kNoValue) continue;
    if (!texts_[at].ordinals(row.texts[at]).contains(ordinal)) return wrong("missing text bit");
  }
  if (row.asn != kNoValue && !asns_.ordinals(row.asn).contains(ordinal)) {
    return wrong("missing asn bit");
  }
  if (row.place() && !geo_.contains(*row.place(), ordinal)) return wrong("missing geo bit");
  return std::nullopt;
}

std::optional<std::string> PoolIndex::validate() const {
  PoolStatsSnapshot counted;
  std::uint64_t located = 0;
  std::array<std::uint64_t, kTextFields> texts{};
  std::uint64_t asns = 0;
  for (Ordinal ordinal = 0; ordinal < rows_.size(); ++ordinal) {
    const ProxyRow& row = rows_[ordinal];
    if (row.id.is_nil()) continue;
    if (auto finding = validate_row(ordinal)) return finding;
    ++counted.total_proxies;
    counted.active_proxies += row.status == ProxyStatus::active;
    counted.available_proxies += row.available();
    counted.leased_proxies += row.leases > 0;
    counted.total_leases += row.leases;
    for (std::size_t at = 0; at < kTextFields; ++at) texts[at] += row.texts[at] != kNoValue;
    asns += row.asn != kNoValue;
    located += row.place().has_value();
  }
  if (counted != stats_) return "pool index: the statistics are not the recount";
  if (all_.cardinality() != counted.total_proxies || by_id_.size() != counted.total_proxies ||
      free_.size() + counted.total_proxies != rows_.size()) {
    return "pool index: stray ordinals";
  }
  if (available_.cardinality() != counted.available_proxies ||
      by_checked_at_.size() != counted.available_proxies ||
      by_load_.size() != counted.available_proxies) {
    return "pool index: stray available ordinals";
  }
  for (std::size_t at = 0; at < kTextFields; ++at) {
    if (texts_[at].total() != texts[at]) return "pool index: stray text bits";
  }
  if (asns_.total() != asns) return "pool index: stray asn bits";
  if (geo_.located().cardinality() != located) return "pool index: stray geo bits";
  const auto unordered = [](const auto& order) {
    return std::adjacent_find(order.begin(), order.end(), [&](Ordinal a, Ordinal b) {
             return !order.key_comp()(a, b);
           }) != order.end();
  };
  if (unordered(by_id_) || unordered(by_checked_at_) || unordered(by_load_)) {
    return "pool index: an order is out of order";
  }
  return std::nullopt;
}

}  // namespace pharox::engine
