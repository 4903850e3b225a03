#include "adapters/readers/code_table.h"

#include <algorithm>
#include <cstdint>
#include <cstring>

namespace tombolo::readers {
namespace {

constexpr size_t kBytes = 256;
constexpr size_t kLeadFrom = 0x80;

}  // namespace

CodeTable::Entry CodeTable::EntryOf(const std::string& utf8) {
  Entry entry;
  if (utf8.size() > entry.bytes.size()) return entry;
  std::copy(utf8.begin(), utf8.end(), entry.bytes.begin());
  entry.size = static_cast<unsigned char>(utf8.size());
  return entry;
}

CodeTable::CodeTable(const Convert& convert, bool pairs) : single_(kBytes) {
  for (size_t c = 0; c < kBytes; ++c) {
    single_[c] = EntryOf(convert(std::string(1, static_cast<char>(c))));
  }
  if (!pairs) return;
  pair_.resize((kBytes - kLeadFrom) * kBytes);
  for (size_t lead = kLeadFrom; lead < kBytes; ++lead) {
    if (single_[lead].size > 0) continue;
    for (size_t trail = 0; trail < kBytes; ++trail) {
      const char both[] = {static_cast<char>(lead), static_cast<char>(trail)};
      pair_[(lead - kLeadFrom) * kBytes + trail] = EntryOf(convert({both, sizeof both}));
    }
  }
}

size_t CodeTable::Decode(std::string_view in, std::string* out) const {
  const size_t before = out->size();
  // Whole entries are copied, so the last one may reach over what it means.
  out->resize(before + in.size() * kUtf8Bytes);
  char* to = out->data() + before;
  const auto* p = reinterpret_cast<const unsigned char*>(in.data());
  const unsigned char* const end = p + in.size();
  while (p < end) {
    for (uint64_t word; end - p >= static_cast<ptrdiff_t>(sizeof word); p += sizeof word) {
      std::memcpy(&word, p, sizeof word);
      if ((word & 0x8080808080808080u) != 0) break;
      std::memcpy(to, &word, sizeof word);
      to += sizeof word;
    }
    if (p == end) break;
    const Entry* entry = &single_[*p];
    size_t size = 1;
    if (entry->size == 0 && !pair_.empty() && *p >= kLeadFrom && end - p >= 2) {
      entry = &pair_[(*p - kLeadFrom) * kBytes + p[1]];
      size = 2;
    }
    if (entry->size == 0) break;
    std::memcpy(to, entry->bytes.data(), kUtf8Bytes);
    to += entry->size;
    p += size;
  }
  out->resize(static_cast<size_t>(to - out->data()));
  return static_cast<size_t>(p - reinterpret_cast<const unsigned char*>(in.data()));
}

}  // namespace tombolo::readers
