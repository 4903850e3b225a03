// Ticks for the store's benches: the same for every run, shaped like a large locality's records.
//
// 600 source bytes a row in Han and Latin text, 400 items in three classes, subjects by Zipf's law,
// ids that look random, salts that do not compress.
#ifndef TOMBOLO_TESTS_BENCH_LAYOUT_ROWS_H_
#define TOMBOLO_TESTS_BENCH_LAYOUT_ROWS_H_

#include <cmath>
#include <cstring>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "gateway/store/store.h"

namespace tombolo::bench {

class LayoutRows {
 public:
  static constexpr uint32_t kItems = 400;
  static constexpr uint32_t kStreams = kItems * 3;
  static constexpr uint64_t kSubjects = 300000;

  LayoutRows() : sizes_(kStreams + 1, 0), pending_(kStreams + 1) {}

  static uint64_t Mix(uint64_t x) {  // splitmix64
    x += 0x9e3779b97f4a7c15;
    x = (x ^ (x >> 30)) * 0xbf58476d1ce4e5b9;
    x = (x ^ (x >> 27)) * 0x94d049bb133111eb;
    return x ^ (x >> 31);
  }
  template <typename Id>
  static Id IdFrom(uint64_t salt, uint64_t n) {
    Id id;
    const uint64_t words[2] = {Mix(salt * 1000003 + n), Mix(Mix(n) + salt)};
    std::memcpy(id.bytes.data(), words, sizeof(words));
    return id;
  }
  static RecordId RecordIdOf(uint64_t row) { return IdFrom<RecordId>(1, row); }
  static SubjectKey SubjectOf(uint64_t row) {
    const double u = (static_cast<double>(Mix(row + 77) >> 11) + 1) / 9007199254740993.0;
    const double rank = std::pow(static_cast<double>(kSubjects), u);  // Zipf with exponent 1
    return IdFrom<SubjectKey>(2, static_cast<uint64_t>(rank));
  }

  // Of the thin end of the same subjects.
  static SubjectKey RareSubjectOf(uint64_t n) {
    return IdFrom<SubjectKey>(2, kSubjects / 2 + n % (kSubjects / 2));
  }

  // Rows first..first+count-1 as one tick; the first tick also makes the streams.
  store::Tick Next(uint64_t first, uint64_t count) {
    store::Tick tick;
    if (first == 0) AddStreams(&tick);
    for (uint64_t row = first; row < first + count; ++row) AddRow(row, &tick);
    for (uint32_t stream = 1; stream <= kStreams; ++stream) {
      store::StreamAppend& append = pending_[stream];
      if (append.lengths.empty()) continue;
      append.stream = stream;
      append.epoch = 1;
      append.expected_size = sizes_[stream] - append.lengths.size();
      append.compact_range.assign(200, 'c');
      append.head_proof.assign(450, 'p');
      tick.appends.push_back(std::move(append));
      append = store::StreamAppend();
    }
    tick.checkpoint = store::CheckpointRow{++tick_, 1, std::string(200, 'b'), std::string(64, 's')};
    return tick;
  }

 private:
  void AddStreams(store::Tick* tick) {
    for (uint32_t stream = 1; stream <= kStreams; ++stream) {
      store::StreamState state;
      state.number = stream;
      state.stream_id = std::string(32, 'S');
      std::memcpy(state.stream_id.data(), &stream, sizeof(stream));
      state.descriptor = std::string(80, 'D');
      state.epoch = 1;
      tick->new_streams.push_back(std::move(state));
    }
  }

  void AddRow(uint64_t row, store::Tick* tick) {
    const uint64_t dice = Mix(row * 3 + 5);
    const uint32_t item = static_cast<uint32_t>(dice % kItems);
    const uint64_t share = dice / kItems % 10;  // 20 % limited, 30 % government, 50 % public
    const uint32_t sharing = share < 2 ? 2 : share < 5 ? 1 : 0;
    const uint32_t stream = item * 3 + sharing + 1;
    store::RecordState record;
    record.id = RecordIdOf(row);
    record.subject = SubjectOf(row);
    record.digest = IdFrom<ContentDigest>(3, row);
    record.scope = item + 1;
    record.stream = stream;
    record.seq = ++sizes_[stream];
    record.version = 1;
    record.present = true;
    tick->records.push_back(record);
    AddEntry(row, record, sharing, &pending_[stream]);
  }

  void AddEntry(uint64_t row, const store::RecordState& record, uint32_t sharing,
                store::StreamAppend* append) {
    static constexpr const char* kPlaces[] = {"浦东新区", "黄浦区", "徐汇区",  "Springfield",
                                              "长宁区",   "静安区", "Toronto", "虹口区"};
    static constexpr const char* kTrades[] = {"餐饮管理有限公司", "贸易有限公司",     "Trading Ltd",
                                              "建筑工程有限公司", "科技发展有限公司", "Foods Inc"};
    const uint64_t a = Mix(row + 1), b = Mix(row + 2), c = Mix(row + 3);
    uint64_t salt_words[6];
    for (uint64_t i = 0; i < 6; ++i) salt_words[i] = Mix(row * 6 + i);
    const char* salts = reinterpret_cast<const char*>(salt_words);
    const std::string header =
        absl::StrCat(ToAbsl(record.id.view()), "\x10\x01\x18\x03 ", a % 9000 + 1000, b % 90);
    std::string layer = absl::StrCat(
        "\x0a\x0c"
        "subject.name\x12\x20",
        kPlaces[a % 8], kPlaces[b % 8], c % 100000, kTrades[c % 6],
        "\x0a\x0b"
        "subject.id\x12\x12"
        "913101",
        a % 1000000000000ull, "X");
    absl::StrAppend(&layer,
                    "\x0a\x09"
                    "authority\x12",
                    kPlaces[b % 8], "市场监督管理局\x0a\x0d", "decision.number\x12沪监管",
                    kPlaces[c % 8], "处〔2026〕第", b % 1000000, "号");
    absl::StrAppend(&layer,
                    "\x0a\x0d"
                    "decision.basis\x12《中华人民共和国食品安全法》第",
                    a % 150 + 1,
                    "条第一款\x0a\x0e"
                    "decision.text\x12当事人于2026年",
                    b % 12 + 1, "月", c % 28 + 1, "日在", kPlaces[c % 8], "经营场所内");
    absl::StrAppend(&layer, "未按规定保存进货查验记录，责令改正，给予警告，并处罚款人民币",
                    c % 50000, "元。 Inspection ", a % 10000000,
                    ": minor infraction, corrected on site.");
    store::EntryView entry;
    entry.type = v1::PUT;
    entry.ingest = 1;
    entry.header = header;
    entry.salts = {std::string_view(salts, 16), std::string_view(salts + 16, 16),
                   std::string_view(salts + 32, 16)};
    entry.layers[sharing] = layer;
    const size_t before = append->entries.size();
    AppendEntry(entry, &append->entries);
    append->lengths.push_back(static_cast<uint32_t>(append->entries.size() - before));
  }

  std::vector<uint64_t> sizes_;
  std::vector<store::StreamAppend> pending_;
  uint64_t tick_ = 0;
};

}  // namespace tombolo::bench

#endif  // TOMBOLO_TESTS_BENCH_LAYOUT_ROWS_H_
