#include "gateway/base/keyed_digest.h"

#include <openssl/crypto.h>
#include <openssl/modes.h>

#include <algorithm>
#include <cassert>
#include <cstdlib>
#include <cstring>

namespace tombolo {
namespace {

constexpr size_t kBlockBytes = 16;
constexpr size_t kIvBytes = 12;

// libcrypto offers GHASH as a part of GCM, which asks a block cipher for two things: the hash
// subkey, as the cipher's answer to zeros, and a mask for the tag. Here the subkey is the key
// itself and the mask is zero.
void SubkeyAndNoMask(const unsigned char in[kBlockBytes], unsigned char out[kBlockBytes],
                     const void* subkey) {
  const bool zeros = std::all_of(in, in + kBlockBytes, [](unsigned char c) { return c == 0; });
  if (zeros) {
    std::memcpy(out, subkey, kBlockBytes);
  } else {
    std::memset(out, 0, kBlockBytes);
  }
}

}  // namespace

struct KeyedDigest::Ghash {
  explicit Ghash(std::string_view key) {
    std::memcpy(subkey, key.data(), kBlockBytes);
    gcm = CRYPTO_gcm128_new(subkey, SubkeyAndNoMask);
    if (gcm == nullptr) std::abort();  // no memory for a few hundred bytes
    Restart();
  }
  ~Ghash() {
    CRYPTO_gcm128_release(gcm);  // wipes it
    OPENSSL_cleanse(subkey, sizeof subkey);
  }
  void Restart() {
    // Any but one whose first counter block would be zeros.
    static constexpr unsigned char kIv[kIvBytes] = {};
    CRYPTO_gcm128_setiv(gcm, kIv, sizeof kIv);
  }
  unsigned char subkey[kBlockBytes];
  GCM128_CONTEXT* gcm = nullptr;
};

KeyedDigest::KeyedDigest(std::string_view key)
    : ghash_(std::make_unique<Ghash>(key)), mac_(key.substr(kBlockBytes)) {
  assert(key.size() == kKeyBytes);
}

KeyedDigest::~KeyedDigest() = default;

void KeyedDigest::Update(std::string_view bytes) {
  CRYPTO_gcm128_aad(ghash_->gcm, reinterpret_cast<const unsigned char*>(bytes.data()),
                    bytes.size());
}

Digest KeyedDigest::Finish() {
  std::array<unsigned char, kBlockBytes> hash;
  CRYPTO_gcm128_tag(ghash_->gcm, hash.data(), hash.size());
  ghash_->Restart();
  mac_.Update({reinterpret_cast<const char*>(hash.data()), hash.size()});
  return mac_.Finish();
}

}  // namespace tombolo
