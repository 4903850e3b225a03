// The low-level calls are deprecated in favour of EVP, whose per-message cost is what we avoid; see
// hash.h.
#define OPENSSL_SUPPRESS_DEPRECATED
#include "gateway/base/hash.h"

#include <openssl/crypto.h>
#include <openssl/sha.h>

#include <cassert>
#include <new>

namespace tombolo {
namespace {

constexpr size_t kBlockBytes = SHA256_CBLOCK;
constexpr size_t kMacBytes = SHA256_DIGEST_LENGTH;

template <typename Context>
Context* As(unsigned char* state) {
  return std::launder(reinterpret_cast<Context*>(state));
}

Hasher PaddedKey(std::string_view key, unsigned char pad) {
  std::array<char, kBlockBytes> block{};
  if (key.size() > kBlockBytes) {
    const Digest short_key = Hasher(HashKind::kSha256).Hash({key});
    short_key.view().copy(block.data(), kMacBytes);
  } else {
    key.copy(block.data(), key.size());
  }
  for (char& c : block) c = static_cast<char>(static_cast<unsigned char>(c) ^ pad);
  Hasher hasher(HashKind::kSha256);
  hasher.Update({block.data(), block.size()});
  OPENSSL_cleanse(block.data(), block.size());
  return hasher;
}

}  // namespace

Hasher::Hasher(HashKind kind) : kind_(kind) {
  static_assert(sizeof(SHA256_CTX) <= kStateBytes && sizeof(SHA512_CTX) <= kStateBytes);
  static_assert(alignof(SHA256_CTX) <= 8 && alignof(SHA512_CTX) <= 8);
  if (kind_ == HashKind::kSha256) {
    new (state_.data()) SHA256_CTX;
  } else {
    new (state_.data()) SHA512_CTX;
  }
  Reset();
}

void Hasher::Reset() {
  if (kind_ == HashKind::kSha256) {
    SHA256_Init(As<SHA256_CTX>(state_.data()));
  } else {
    SHA384_Init(As<SHA512_CTX>(state_.data()));
  }
}

void Hasher::Update(std::string_view bytes) {
  if (kind_ == HashKind::kSha256) {
    SHA256_Update(As<SHA256_CTX>(state_.data()), bytes.data(), bytes.size());
  } else {
    SHA384_Update(As<SHA512_CTX>(state_.data()), bytes.data(), bytes.size());
  }
}

void Hasher::UpdateByte(uint8_t byte) {
  const char c = static_cast<char>(byte);
  Update({&c, 1});
}

void Hasher::UpdateU32(uint32_t value) {
  std::array<char, 4> bytes;
  for (int i = 3; i >= 0; --i, value >>= 8) bytes[i] = static_cast<char>(value & 0xFF);
  Update({bytes.data(), bytes.size()});
}

void Hasher::UpdateU64(uint64_t value) {
  std::array<char, 8> bytes;
  for (int i = 7; i >= 0; --i, value >>= 8) bytes[i] = static_cast<char>(value & 0xFF);
  Update({bytes.data(), bytes.size()});
}

Digest Hasher::Finish() {
  Digest digest;
  auto* const out = reinterpret_cast<unsigned char*>(digest.bytes.data());
  digest.size = static_cast<uint8_t>(DigestBytes(kind_));
  if (kind_ == HashKind::kSha256) {
    SHA256_Final(out, As<SHA256_CTX>(state_.data()));
  } else {
    SHA384_Final(out, As<SHA512_CTX>(state_.data()));
  }
  Reset();
  return digest;
}

Digest Hasher::Hash(std::initializer_list<std::string_view> parts) {
  Reset();
  for (const std::string_view part : parts) Update(part);
  return Finish();
}

HmacSha256::HmacSha256(std::string_view key)
    : inner_key_(PaddedKey(key, 0x36)), outer_key_(PaddedKey(key, 0x5C)), running_(inner_key_) {}

HmacSha256::~HmacSha256() {
  OPENSSL_cleanse(&inner_key_, sizeof inner_key_);
  OPENSSL_cleanse(&outer_key_, sizeof outer_key_);
  OPENSSL_cleanse(&running_, sizeof running_);
}

void HmacSha256::Reset() { running_ = inner_key_; }

void HmacSha256::Update(std::string_view bytes) { running_.Update(bytes); }

void HmacSha256::UpdateU32(uint32_t value) { running_.UpdateU32(value); }

Digest HmacSha256::Finish() {
  const Digest inner = running_.Finish();
  running_ = outer_key_;
  running_.Update(inner.view());
  const Digest mac = running_.Finish();
  Reset();
  return mac;
}

std::string HkdfSha256(std::string_view secret, std::string_view salt, std::string_view info,
                       size_t size) {
  assert(size <= 255 * kMacBytes);
  const std::string zero_salt(kMacBytes, '\0');
  HmacSha256 extract(salt.empty() ? std::string_view(zero_salt) : salt);
  extract.Update(secret);
  Digest pseudorandom_key = extract.Finish();
  HmacSha256 expand(pseudorandom_key.view());
  OPENSSL_cleanse(pseudorandom_key.bytes.data(), pseudorandom_key.bytes.size());
  std::string out;
  Digest block;
  for (char counter = 1; out.size() < size; ++counter) {
    expand.Update(block.view());
    expand.Update(info);
    expand.Update({&counter, 1});
    block = expand.Finish();
    out.append(block.view());
  }
  out.resize(size);
  return out;
}

}  // namespace tombolo
