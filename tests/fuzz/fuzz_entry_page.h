// What the fuzz target of entries in columns does with an input, and the slow reader that the fast
// one must agree with: protobuf's own parser, then the rules of docs/formats/frame.md one by one.
//
// Ownership: plain values. Thread-safety: one thread. Errors: abort.
#ifndef TOMBOLO_TESTS_FUZZ_FUZZ_ENTRY_PAGE_H_
#define TOMBOLO_TESTS_FUZZ_FUZZ_ENTRY_PAGE_H_

#include <cstdio>
#include <cstdlib>
#include <string>
#include <string_view>
#include <vector>

#include "gateway/base/limits.h"
#include "gateway/ledger/canonical.h"
#include "gateway/ledger/entry_page.h"
#include "tombolo/v1/exchange.pb.h"

namespace tombolo::fuzz {

// How much of each column the entries need.
struct PageNeeds {
  int headers = 0, contents = 0;
  size_t salts = 0, hashes = 0;  // pieces
};

inline bool SlowForm(unsigned char form, PageNeeds* needs) {
  if (form == 0x80) {
    ++needs->hashes;
    return true;
  }
  const int type = form & 3;
  if (form >= 0x80 || (form & 0x0C) != 0 || type == 0) return false;
  ++needs->headers;
  for (int bit = 4; bit <= 6; ++bit) {
    const bool shown = (form >> bit & 1) != 0;
    if (type != v1::PUT) {
      if (shown) return false;
      continue;
    }
    if (shown) {
      ++needs->salts;
      ++needs->contents;
    } else {
      ++needs->hashes;
    }
  }
  return true;
}

inline bool SlowReads(ledger::Suite suite, std::string_view payload) {
  const size_t hash_bytes = suite == v1::SHA384_ECDSA_P384 ? 48 : 32;
  v1::Entries entries;
  if (payload.size() > limits::kFramePayloadBytesMax) return false;
  if (!ledger::ParseCanonical("entries", payload, &entries).ok()) return false;
  const size_t count = entries.forms().size();
  if (entries.stream_id().size() != hash_bytes || count == 0 ||
      count > limits::kReceiveBatchEntriesMax) {
    return false;
  }
  if (entries.first_seq() == 0 || entries.first_seq() + (count - 1) < entries.first_seq()) {
    return false;
  }
  PageNeeds needs;
  for (const char form : entries.forms()) {
    if (!SlowForm(static_cast<unsigned char>(form), &needs)) return false;
  }
  for (const std::string& header : entries.headers()) {
    if (header.size() > limits::kHeaderBytesMax) return false;
  }
  for (const std::string& content : entries.contents()) {
    if (content.size() > limits::kLayerBytesMax) return false;
  }
  for (const std::string& hash : entries.path()) {
    if (hash.size() != hash_bytes) return false;
  }
  return entries.headers_size() == needs.headers && entries.contents_size() == needs.contents &&
         entries.salts().size() == needs.salts * (hash_bytes / 2) &&
         entries.hashes().size() == needs.hashes * hash_bytes;
}

inline void RequirePage(bool kept, const char* what) {
  if (kept) return;
  std::fprintf(stderr, "promise broken: %s\n", what);
  std::abort();
}

// Both readers agree; what reads is written as the same bytes again, and gives leaves.
inline void TryEntryPage(ledger::Suite suite, std::string_view payload) {
  ledger::EntryPage page;
  const bool reads = ledger::ReadEntries(suite, payload, &page).ok();
  RequirePage(reads == SlowReads(suite, payload), "lockstep with protobuf's parser");
  if (!reads) return;
  std::vector<Digest> path;
  for (const std::string_view hash : page.path) {
    path.push_back(*ledger::DigestFrom(ledger::HashOf(suite), hash));
  }
  std::string again;
  ledger::AppendEntries(suite, {page.stream_id, page.first_seq, path, page.cursor}, page.entries,
                        &again);
  RequirePage(again == payload, "one form of a page");
  ledger::EntryHasher hasher(suite);
  ledger::CompactRange range(ledger::HashOf(suite));
  std::string spans;
  ledger::AppendPage(&hasher, page, &range, &spans, nullptr);
  RequirePage(range.size() == page.entries.size(), "a leaf for each entry");
}

// The first byte chooses the suite.
inline void FuzzEntryPage(std::string_view input) {
  if (input.empty()) return;
  const auto suite = static_cast<ledger::Suite>(static_cast<unsigned char>(input[0]) % 3 + 1);
  TryEntryPage(suite, input.substr(1));
}

}  // namespace tombolo::fuzz

#endif  // TOMBOLO_TESTS_FUZZ_FUZZ_ENTRY_PAGE_H_
