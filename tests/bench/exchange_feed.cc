// Puts records into a node as other commands do, beside its server: one stream, three layers of
// about 230 bytes each. What an ingest would spend on reading and judging rows is left out, so that
// many small commits a second are possible.
//
//   exchange_feed NODE FIRST COUNT PER_COMMIT PER_SECOND
//
// Records FIRST to FIRST + COUNT - 1, so many a commit, commits at so many records a second (0: as
// fast as it goes). A line a commit: records so far, then the monotonic clock before and after it,
// microseconds. Made for exchange_compare.py. Never a test.
#include <cstdio>
#include <cstdlib>
#include <ctime>
#include <memory>
#include <string>

#include "gateway/app/node_folder.h"
#include "gateway/node/tick_writer.h"
#include "gateway/record/canonical.h"
#include "tests/bench/or_exit.h"

namespace tombolo {
namespace {

constexpr char kItem[] = "bench.item";
constexpr size_t kTextBytes = 216;
constexpr int64_t kSecondUs = 1000000;

int64_t MonotonicUs() {
  timespec now;
  clock_gettime(CLOCK_MONOTONIC, &now);
  return now.tv_sec * kSecondUs + now.tv_nsec / 1000;
}

void SleepUntil(int64_t at_us) {
  const timespec at{at_us / kSecondUs, at_us % kSecondUs * 1000};
  clock_nanosleep(CLOCK_MONOTONIC, TIMER_ABSTIME, &at, nullptr);
}

// Text that packs about as well as what people write.
std::string Words(uint64_t seed) {
  static constexpr const char* kSyllables[] = {"ra",  "ton", "is",  "ment", "ko", "val", "er",
                                               "shu", "li",  "gan", "or",   "ed", "ing", "st"};
  std::string text;
  while (text.size() < kTextBytes) {
    seed = seed * 6364136223846793005u + 1442695040888963407u;
    text += kSyllables[(seed >> 33) % std::size(kSyllables)];
    if ((seed >> 40) % 3 == 0) text += ' ';
    if ((seed >> 45) % 8 == 0) text += std::to_string((seed >> 48) % 100000);
  }
  text.resize(kTextBytes);
  return text;
}

class Feed {
 public:
  explicit Feed(const node::Context& context)
      : context_(context), writer_(Take(node::TickWriter::Open(context))) {}

  void Put(uint64_t record) {
    v1::RecordHeader header;
    const RecordId id = context_.identity->ForRecord(kItem, {std::to_string(record)});
    header.set_record_id(std::string(id.view()));
    header.set_version(1);
    header.set_kind(v1::PENALTY);
    header.set_polarity(v1::NEGATIVE);
    header.set_state(v1::EFFECTIVE);
    header.set_recorded_at_us(context_.clock->NowUs());
    std::string bytes;
    record::AppendHeaderMessage(header, &bytes);
    std::array<std::string, 3> layers;
    for (size_t k = 0; k < layers.size(); ++k) {
      v1::Layer layer;
      v1::Field* field = layer.add_fields();
      field->set_name("a.text");
      field->set_text(Words(record * layers.size() + k));
      if (k == 0) {
        field = layer.add_fields();
        field->set_name("subject.id");
        field->mutable_identifier()->set_scheme("bench.org");
        field->mutable_identifier()->set_value("O" + std::to_string(record / 4));
      }
      record::AppendLayerMessage(layer, &layers[k]);
    }
    const uint32_t stream = writer_->StreamFor(kItem, v1::PUBLIC);
    const node::EntryAt at = writer_->Put(stream, bytes, {layers[0], layers[1], layers[2]}, 0, {});
    store::RecordState state;
    state.id = id;
    state.subject = context_.identity->ForSubject("bench.org", "O" + std::to_string(record / 4));
    state.digest.bytes[0] = 1;
    state.stream = at.stream;
    state.seq = at.seq;
    state.version = 1;
    state.present = true;
    writer_->tick().records.push_back(state);
  }
  void Commit() { Check(writer_->Commit()); }

 private:
  const node::Context& context_;
  std::unique_ptr<node::TickWriter> writer_;
};

void Run(const std::string& path, uint64_t first, uint64_t count, uint64_t per_commit,
         uint64_t per_second) {
  const auto folder = Take(app::NodeFolder::Open(path, app::Access::kWrite));
  folder->RingOnCommit();
  Feed feed(folder->context());
  const int64_t start = MonotonicUs();
  for (uint64_t done = 0; done < count;) {
    for (uint64_t i = 0; i < per_commit && done < count; ++i) feed.Put(first + done++);
    if (per_second != 0) {
      SleepUntil(start + static_cast<int64_t>(done * kSecondUs / per_second));
    }
    const int64_t before = MonotonicUs();
    feed.Commit();
    std::printf("%llu %lld %lld\n", static_cast<unsigned long long>(done),
                static_cast<long long>(before), static_cast<long long>(MonotonicUs()));
  }
}

}  // namespace
}  // namespace tombolo

int main(int argc, char** argv) {
  if (argc != 6) {
    std::fprintf(stderr, "usage: exchange_feed NODE FIRST COUNT PER_COMMIT PER_SECOND\n");
    return 2;
  }
  const auto number = [&](int i) { return std::strtoull(argv[i], nullptr, 10); };
  tombolo::Run(argv[1], number(2), number(3), number(4), number(5));
}
