#include "engine/pool_index.h"

#include <algorithm>
#include <cassert>
#include <set>
#include <utility>

#include "engine/radix_sort.h"

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

// Times of records, reversed or not, fit into 59 bits; above them is room for 31 loads.
constexpr int kTimeBits = 59;
constexpr std::uint32_t kMostLoad = 31;
static_assert(kMaxTimestamp.time_since_epoch().count() < std::int64_t{1} << (kTimeBits - 1));
static_assert(-kMinTimestamp.time_since_epoch().count() < std::int64_t{1} << (kTimeBits - 1));

std::uint64_t time_prefix(Timestamp time) {
  return static_cast<std::uint64_t>(time.time_since_epoch().count() +
                                    (std::int64_t{1} << (kTimeBits - 1)));
}

// From kMostLoad on all are equal: then the fields decide.
std::uint64_t load_prefix(std::uint32_t load, Timestamp checked_at) {
  if (load >= kMostLoad) return std::uint64_t{kMostLoad} << kTimeBits;
  return std::uint64_t{load} << kTimeBits | time_prefix(checked_at);
}

// Fewer rows are put into the bitmaps in less time than counting their groups takes.
constexpr std::size_t kWorthGrouping = 1'024;

// So many rows are still in the cache when their attributes are put into the bitmaps; and when that
// is done, the thread that decodes rows has hardly waited for whoever takes them.
constexpr std::size_t kRowsInTheCache = 8'192;

// So many proxies are brought up to date in some tenths of a millisecond.
constexpr std::size_t kMostStale = 4'096;

// Of ProxyRow::stale_in.
constexpr std::uint8_t kEveryOrder = 0b111;
constexpr std::uint8_t order_bit(std::size_t at) { return static_cast<std::uint8_t>(1u << at); }

// So many proxies take tens of milliseconds to be put in order: as much as a thousand threads.
constexpr std::size_t kWorthAThread = 100'000;

}  // namespace

PoolIndex::PoolIndex()
    : texts_(kTextFields),
      orders_{{{OrderTree([this](Ordinal ordinal) {
                 return key_of(SelectorStrategy::first_available, ordinal);
               })},
               {OrderTree([this](Ordinal ordinal) {
                 return key_of(SelectorStrategy::least_used, ordinal);
               })},
               {OrderTree([this](Ordinal ordinal) {
                 return key_of(SelectorStrategy::round_robin, ordinal);
               })}}} {}

OrderKey PoolIndex::key_of(SelectorStrategy selector, Ordinal ordinal) const {
  const ProxyRow& row = rows_[ordinal];
  return make_key(selector, row.id, row.placed_load, row.checked_at);
}

OrderKey PoolIndex::make_key(SelectorStrategy selector, const Uuid& id, std::uint32_t load,
                             Timestamp checked_at) {
  switch (selector) {
    case SelectorStrategy::first_available: {  // the newest first
      const Timestamp reversed{-checked_at.time_since_epoch()};
      return {.prefix = time_prefix(reversed), .checked_at = reversed, .id = id};
    }
    case SelectorStrategy::least_used:
      return {.prefix = load_prefix(load, checked_at),
              .load = load,
              .checked_at = checked_at,
              .id = id};
    case SelectorStrategy::round_robin:
      break;
  }
  return id_key(id);
}

OrderKey PoolIndex::id_key(const Uuid& id) { return {.prefix = id.high(), .id = id}; }

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
    row.texts[at] = text ? texts_[at].intern(*text) : kNoValue;
  }
  row.asn = proxy.asn ? asns_.intern(*proxy.asn) : kNoValue;
  dictionaries_ = count_values();
  unindexed_.push_back(ordinal);
  if (!orders_suspended_ || unindexed_.size() == kRowsInTheCache) index_pending();
  row.planes = Planes{1} << kAvailable | plans_.add(ordinal, row, dictionaries_, *this);
}

void PoolIndex::index_pending() {
  if (unindexed_.size() < kWorthGrouping) {
    for (const Ordinal ordinal : unindexed_) {
      const ProxyRow& row = rows_[ordinal];
      for (std::size_t at = 0; at < kTextFields; ++at) {
        if (row.texts[at] != kNoValue) texts_[at].add(row.texts[at], ordinal);
      }
      if (row.asn != kNoValue) asns_.add(row.asn, ordinal);
      if (const auto place = row.place()) geo_.add(*place, ordinal);
    }
  } else {
    for (std::size_t at = 0; at < kTextFields; ++at) {
      texts_[at].add_all(unindexed_, [&](Ordinal each) { return rows_[each].texts[at]; });
    }
    asns_.add_all(unindexed_, [&](Ordinal each) { return rows_[each].asn; });
    geo_.add_all(unindexed_, [&](Ordinal each) { return rows_[each].place(); });
  }
  all_.addMany(unindexed_.size(), unindexed_.data());
  unindexed_.clear();
}

void PoolIndex::forget_attributes(Ordinal ordinal) {
  index_pending();
  const ProxyRow& row = rows_[ordinal];
  plans_.remove(ordinal, row.planes);
  for (std::size_t at = 0; at < kTextFields; ++at) {
    if (row.texts[at] != kNoValue) texts_[at].remove(row.texts[at], ordinal);
  }
  if (row.asn != kNoValue) asns_.remove(row.asn, ordinal);
  if (const auto place = row.place()) geo_.remove(*place, ordinal);
  all_.remove(ordinal);
}

void PoolIndex::availability_changed(Ordinal ordinal) {
  if (orders_suspended_) return;
  order_of(asked_).tree.prefetch_planes(ordinal);
  std::uint8_t& stale_in = rows_[ordinal].stale_in;
  if (stale_in == kEveryOrder) return;
  for (const Order& order : orders_) {
    if (order.stale.size() == kMostStale) order.tree.prefetch_planes(ordinal);
  }
  for (std::size_t at = 0; at < orders_.size(); ++at) {
    if ((stale_in & order_bit(at)) != 0) continue;
    Order& order = orders_[at];
    if (order.stale.size() == kMostStale) {
      place_in_planes(ordinal, order);
    } else {
      order.stale.push_back(ordinal);
      stale_in |= order_bit(at);
    }
  }
}

void PoolIndex::place_in_planes(Ordinal ordinal, Order& order) {
  const ProxyRow& row = rows_[ordinal];
  const Planes planes = row.planes & order.planes;
  row.available() ? order.tree.enter(ordinal, planes) : order.tree.leave(ordinal, planes);
}

void PoolIndex::bring_up_to_date(SelectorStrategy selector) {
  asked_ = selector;
  Order& order = order_of(selector);
  for (const Ordinal ordinal : order.stale) rows_[ordinal].prefetch();
  for (const Ordinal ordinal : order.stale) {
    rows_[ordinal].stale_in &= ~order_bit(static_cast<std::size_t>(selector));
    place_in_planes(ordinal, order);  // unless it was erased meanwhile
  }
  order.stale.clear();
}

void PoolIndex::count_in(Ordinal ordinal) {
  const ProxyRow& row = rows_[ordinal];
  ++stats_.total_proxies;
  stats_.active_proxies += row.status == ProxyStatus::active;
  stats_.available_proxies += row.available();
  stats_.leased_proxies += row.leases > 0;
  stats_.total_leases += row.leases;
}

void PoolIndex::count_out(Ordinal ordinal) {
  const ProxyRow& row = rows_[ordinal];
  --stats_.total_proxies;
  stats_.active_proxies -= row.status == ProxyStatus::active;
  stats_.available_proxies -= row.available();
  stats_.leased_proxies -= row.leases > 0;
  stats_.total_leases -= row.leases;
}

void PoolIndex::put_in_orders(Ordinal ordinal) {
  if (orders_suspended_) return;
  rows_[ordinal].placed_load = rows_[ordinal].leases;
  for (Order& order : orders_) order.tree.insert(ordinal, 0);
  if (rows_[ordinal].available()) availability_changed(ordinal);
}

void PoolIndex::take_out_of_orders(Ordinal ordinal) {
  if (orders_suspended_) return;
  for (Order& order : orders_) order.tree.erase(ordinal);
}

void PoolIndex::write_row(ProxyRow& row, Ordinal ordinal, const Proxy& proxy) {
  row.address = ProxyAddress(proxy);
  row.checked_at = proxy.checked_at;
  row.latitude = proxy.latitude.value_or(ProxyRow::kNowhere);
  row.longitude = proxy.longitude.value_or(ProxyRow::kNowhere);
  row.max_concurrency = proxy.max_concurrency.value_or(0);
  row.port = proxy.port;
  row.protocol = proxy.protocol;
  row.status = proxy.status;
  index_attributes(ordinal, proxy);
}

Ordinal PoolIndex::insert(const Proxy& proxy, std::uint32_t leases, std::uint32_t owner) {
  if (free_.empty()) {
    free_.push_back(static_cast<Ordinal>(rows_.size()));
    rows_.grow();
  }
  const Ordinal ordinal = free_.back();
  free_.pop_back();
  ProxyRow& row = rows_[ordinal];
  row.id = proxy.id;
  row.owner = owner;
  row.leases = leases;
  write_row(row, ordinal, proxy);
  count_in(ordinal);
  put_in_orders(ordinal);
  return ordinal;
}

void PoolIndex::replace(Ordinal ordinal, const Proxy& proxy) {
  assert(rows_[ordinal].id == proxy.id);
  take_out_of_orders(ordinal);
  count_out(ordinal);
  forget_attributes(ordinal);
  write_row(rows_[ordinal], ordinal, proxy);
  count_in(ordinal);
  put_in_orders(ordinal);
}

void PoolIndex::erase(Ordinal ordinal) {
  take_out_of_orders(ordinal);
  count_out(ordinal);
  forget_attributes(ordinal);
  rows_[ordinal] = ProxyRow{};
  free_.push_back(ordinal);
}

void PoolIndex::set_leases(Ordinal ordinal, std::uint32_t leases) {
  ProxyRow& row = rows_[ordinal];
  const bool was_available = row.available();
  count_out(ordinal);
  row.leases = leases;
  count_in(ordinal);
  if (orders_suspended_) return;
  if (row.available() && row.placed_load != leases) {
    OrderTree& by_load = order_of(SelectorStrategy::least_used).tree;
    by_load.erase(ordinal);
    row.placed_load = leases;
    by_load.insert(ordinal, row.planes & order_of(SelectorStrategy::least_used).planes);
  }
  // A proxy that is at its limit keeps its places and only leaves the planes: the common case of an
  // exclusive proxy moves nothing.
  if (row.available() != was_available) availability_changed(ordinal);
}

void PoolIndex::set_health(Ordinal ordinal, ProxyStatus status, Timestamp checked_at) {
  ProxyRow& row = rows_[ordinal];
  const bool moves = row.checked_at != checked_at;
  const bool was_available = row.available();
  constexpr std::array kByCheckedAt{SelectorStrategy::first_available,
                                    SelectorStrategy::least_used};
  if (moves && !orders_suspended_) {
    // What is left and what is come to lies in six places of memory: fetched all at once.
    for (const Order& order : orders_) order.tree.prefetch(ordinal);
    for (const auto selector : kByCheckedAt) {
      order_of(selector).tree.prefetch(make_key(selector, row.id, row.leases, checked_at));
    }
    for (const auto selector : kByCheckedAt) order_of(selector).tree.erase(ordinal);
  }
  count_out(ordinal);
  row.status = status;
  row.checked_at = checked_at;
  count_in(ordinal);
  if (orders_suspended_) return;
  if (moves) {
    row.placed_load = row.leases;
    for (const auto selector : kByCheckedAt) order_of(selector).tree.insert(ordinal, 0);
  }
  if (row.available() && !moves && row.placed_load != row.leases) set_leases(ordinal, row.leases);
  if (moves || row.available() != was_available) availability_changed(ordinal);
}

void PoolIndex::suspend_orders(std::size_t expected) {
  assert(!orders_suspended_);
  for (Plane plane = 1; plane < OrderTree::kMaxPlanes; ++plane) {
    if (plans_.is_used(plane)) take_plane(plane);
  }
  orders_suspended_ = true;
  rows_.reserve(size() + expected);
}

void PoolIndex::begin_orders() {
  assert(orders_suspended_ && !orders_begun_.valid());
  index_pending();
  // A small pool's are made when somebody asks for them, by the same thread.
  const auto policy = size() >= kWorthAThread ? std::launch::async : std::launch::deferred;
  orders_begun_ = std::async(policy, [this] {
    make_order(SelectorStrategy::round_robin);
    make_order(SelectorStrategy::first_available);
  });
}

void PoolIndex::resume_orders() {
  assert(orders_suspended_);
  if (!orders_begun_.valid()) begin_orders();
  std::vector<bool> available(rows_.size());
  for (Ordinal ordinal = 0; ordinal < rows_.size(); ++ordinal) {
    ProxyRow& row = rows_[ordinal];
    row.placed_load = row.leases;
    row.stale_in = 0;
    available[ordinal] = row.available();
  }
  make_order(SelectorStrategy::least_used);
  orders_begun_.get();
  for (Order& order : orders_) {
    order.tree.assign_plane(kAvailable, available);
    order.stale.clear();
  }
  orders_suspended_ = false;
}

void PoolIndex::make_order(SelectorStrategy selector) {
  std::vector<OrderTree::Entry> in_order;
  in_order.reserve(size());
  for (Ordinal ordinal = 0; ordinal < rows_.size(); ++ordinal) {
    if (rows_[ordinal].id.is_nil()) continue;
    in_order.push_back({key_of(selector, ordinal).prefix, ordinal});
  }
  // Ids are mostly in order already.
  if (!std::ranges::is_sorted(in_order, {}, &OrderTree::Entry::prefix)) {
    radix_sort(in_order, [](const OrderTree::Entry& entry) { return entry.prefix; });
  }
  // Where the prefixes are equal, the whole keys decide.
  const auto key_of_entry = [&](const OrderTree::Entry& entry) {
    return key_of(selector, entry.ordinal);
  };
  for (auto begin = in_order.begin(); begin != in_order.end();) {
    const auto end = std::find_if(begin, in_order.end(),
                                  [&](const auto& entry) { return entry.prefix != begin->prefix; });
    if (end - begin > 1) std::ranges::sort(begin, end, {}, key_of_entry);
    begin = end;
  }
  order_of(selector).tree.assign(in_order);
}

std::uint64_t PoolIndex::count_values() const {
  std::uint64_t changes = asns_.changes();
  for (const auto& index : texts_) changes += index.changes();
  return changes;
}

Proxy PoolIndex::proxy(Ordinal ordinal, const Uuid& pool_id) const {
  const ProxyRow& row = rows_[ordinal];
  const auto text = [&](TextField field) -> std::optional<std::string> {
    const auto at = static_cast<std::size_t>(field);
    if (row.texts[at] == kNoValue) return std::nullopt;
    return texts_[at].value(row.texts[at]);
  };
  Proxy proxy{.id = row.id,
              .host = row.address.host(),
              .port = row.port,
              .protocol = row.protocol,
              .pool_id = pool_id,
              .status = row.status,
              .checked_at = row.checked_at,
              .credentials = row.address.credentials(),
              .source = text(TextField::source),
              .country = text(TextField::country),
              .city = text(TextField::city),
              .latitude = std::nullopt,
              .longitude = std::nullopt,
              .isp = text(TextField::isp),
              .asn = std::nullopt,
              .max_concurrency = std::nullopt,
              .current_leases = row.leases};
  if (!std::isnan(row.latitude)) proxy.latitude = row.latitude;
  if (!std::isnan(row.longitude)) proxy.longitude = row.longitude;
  if (row.asn != kNoValue) proxy.asn = asns_.value(row.asn);
  if (row.max_concurrency != 0) proxy.max_concurrency = row.max_concurrency;
  return proxy;
}

std::vector<Ordinal> PoolIndex::list(const Uuid& after, std::size_t limit) const {
  return order_of(SelectorStrategy::round_robin).tree.entries_behind(id_key(after), limit);
}

std::optional<std::string> PoolIndex::validate_row(Ordinal ordinal) const {
  const ProxyRow& row = rows_[ordinal];
  const auto wrong = [&](const char* what) {
    return std::optional("pool index: " + std::string(what) + " of proxy " + row.id.to_string());
  };
  if (!all_.contains(ordinal)) return wrong("missing membership");
  for (Plane plane = 0; plane < OrderTree::kMaxPlanes; ++plane) {
    const bool matches = (row.planes >> plane & 1) != 0;
    if (plane != kAvailable) {
      if (matches != (plans_.is_used(plane) && plans_.matching(plane).contains(ordinal))) {
        return wrong("wrong filter bit");
      }
    }
    for (std::size_t at = 0; at < orders_.size(); ++at) {
      if ((row.stale_in & order_bit(at)) != 0) continue;
      const Order& order = orders_[at];
      const bool kept = (order.planes >> plane & 1) != 0;
      if (order.tree.contains(plane, ordinal) != (kept && matches && row.available())) {
        return wrong("wrong plane bit");
      }
    }
  }
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
  if (all_.cardinality() != counted.total_proxies ||
      free_.size() + counted.total_proxies != rows_.size()) {
    return "pool index: stray ordinals";
  }
  for (std::size_t at = 0; at < kTextFields; ++at) {
    if (texts_[at].total() != texts[at]) return "pool index: stray text bits";
  }
  if (asns_.total() != asns) return "pool index: stray asn bits";
  if (geo_.located().cardinality() != located) return "pool index: stray geo bits";
  for (std::size_t at = 0; at < orders_.size(); ++at) {
    const Order& order = orders_[at];
    if (order.tree.size() != counted.total_proxies) return "pool index: stray places";
    if (auto finding = order.tree.validate()) return finding;
    const std::set<Ordinal> stale(order.stale.begin(), order.stale.end());
    for (Ordinal ordinal = 0; ordinal < rows_.size(); ++ordinal) {
      if ((rows_[ordinal].stale_in & order_bit(at)) != 0 && !stale.contains(ordinal)) {
        return "pool index: a stale place that no order knows of";
      }
    }
  }
  return std::nullopt;
}

}  // namespace pharox::engine
