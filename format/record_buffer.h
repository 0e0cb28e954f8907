// Records as FlatBuffers inside a sealed value, whatever the record: the way in and the way out.
//
// Decoding goes from the outside in, and each step relies on the ones before it:
//   1. the checksum: the bytes are those that were written, under this key
//   2. the identifier: they are a record of this kind
//   3. the verifier: every offset in them stays inside them
//   4. the fields, and their rules
//   5. the key: it is the record's own
// Steps 2 to 5 hold by themselves too, should a checksum match by accident or malice: stored bytes
// cannot crash us. Inside, a reason travels as InvalidArgumentError; reading() adds the place.
#pragma once

#include <flatbuffers/flatbuffers.h>

#include <array>
#include <cstdint>
#include <cstring>
#include <new>
#include <string>
#include <string_view>
#include <vector>

#include "format/keys.h"
#include "format/persisted.h"
#include "format/sealed_value.h"
#include "pharox/errors.h"

namespace pharox::format {

// An empty builder of the calling thread. It keeps its memory from record to record, but not that
// of a giant.
inline flatbuffers::FlatBufferBuilder& empty_builder() {
  constexpr std::size_t kMaxKeptSize = std::size_t{64} << 10;
  thread_local flatbuffers::FlatBufferBuilder builder;
  if (builder.GetSize() > kMaxKeptSize) {
    builder.Reset();
  } else {
    builder.Clear();
  }
  return builder;
}

// The buffer of the record that `build` adds to a builder and whose offset it returns. There is
// room for the seal.
template <typename Build>
std::string finished(const char* identifier, Build build) {
  flatbuffers::FlatBufferBuilder& builder = empty_builder();
  try {
    builder.Finish(build(builder), identifier);
  } catch (const std::bad_alloc&) {
    builder.Reset();  // it takes itself for as large as it could not become
    throw;
  }

  std::string buffer;
  buffer.reserve(builder.GetSize() + kSealSize);
  buffer.append(reinterpret_cast<const char*>(builder.GetBufferPointer()), builder.GetSize());
  return buffer;
}

// The same, sealed.
template <typename Build>
std::string encode_record(const char* identifier, std::string_view key, Build build) {
  std::string value = finished(identifier, build);
  seal(key, value);
  return value;
}

// What `read` returns. When it refuses, throws CorruptionError with the table, the key and the
// reason.
template <typename Read>
auto reading(Table table, std::string_view key, Read read) {
  try {
    return read();
  } catch (const InvalidArgumentError& reason) {
    throw CorruptionError(std::string(table_name(table)) + "/" + key_text(key) + ": " +
                          reason.what());
  }
}

// `read` gets the record in a buffer that has been verified. What is wrong with it throws
// InvalidArgumentError.
template <typename WireTable, typename Read>
auto read_buffer(const char* identifier, std::string_view buffer, Read read) {
  // With the seal. FlatBuffers stops the program on 2 GiB or more. No record comes near that.
  constexpr std::size_t kMaxSize = (std::size_t{1} << 30) - kSealSize;
  if (buffer.size() > kMaxSize) throw InvalidArgumentError("larger than 1 GiB");

  // Scalars are read in place, and RocksDB hands out bytes wherever they lie in a block.
  std::array<std::uint64_t, 128> small;
  std::vector<std::uint64_t> large;
  const void* bytes = buffer.data();
  if (reinterpret_cast<std::uintptr_t>(bytes) % alignof(std::uint64_t) != 0) {
    std::uint64_t* copy = small.data();
    if (buffer.size() > sizeof small) {
      large.resize(buffer.size() / sizeof(std::uint64_t) + 1);
      copy = large.data();
    }
    bytes = std::memcpy(copy, buffer.data(), buffer.size());
  }

  constexpr std::size_t kHeaderSize =
      sizeof(flatbuffers::uoffset_t) + flatbuffers::kFileIdentifierLength;
  if (buffer.size() < kHeaderSize || !flatbuffers::BufferHasIdentifier(bytes, identifier)) {
    throw InvalidArgumentError(std::string("not a record of kind ") + identifier);
  }
  constexpr flatbuffers::uoffset_t kMaxDepth = 2;  // a proxy and its credentials
  constexpr flatbuffers::uoffset_t kMaxTables = 2;
  flatbuffers::Verifier verifier(static_cast<const std::uint8_t*>(bytes), buffer.size(), kMaxDepth,
                                 kMaxTables);
  if (!verifier.VerifyBuffer<WireTable>(identifier)) {
    throw InvalidArgumentError("not a well-formed FlatBuffer");
  }
  return read(*flatbuffers::GetRoot<WireTable>(bytes));
}

// Opens a sealed value: `read` gets the verified buffer, takes the record out of it, and returns
// the key that the record belongs under.
template <typename WireTable, typename Read>
void decode_record(Table table, const char* identifier, std::string_view key,
                   std::string_view value, Read read) {
  reading(table, key, [&] {
    const auto own_key = read_buffer<WireTable>(identifier, unseal(key, value), read);
    if (key != own_key) {
      throw InvalidArgumentError("holds the record of another key, " + key_text(own_key));
    }
  });
}

}  // namespace pharox::format
