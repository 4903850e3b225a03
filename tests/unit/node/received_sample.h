// A record of another origin, as a receiver puts it into a tick.
//
// Ownership: values. Thread-safety: one thread. Errors: none.
#ifndef TOMBOLO_TESTS_UNIT_NODE_RECEIVED_SAMPLE_H_
#define TOMBOLO_TESTS_UNIT_NODE_RECEIVED_SAMPLE_H_

#include <array>
#include <string>
#include <utility>

#include "gateway/base/limits.h"
#include "gateway/ledger/entry.h"
#include "gateway/node/tick_writer.h"
#include "tests/support/sample_record.h"

namespace tombolo::node {

inline constexpr char kOtherOrigin[] = "spiffe://federation.example/other";

inline std::string HeaderOf(const RecordId& id) { return testing::SampleHeader(id.view(), 1); }
inline std::string LayerOf(const std::string& text) { return testing::SampleLayer(text); }

// A stream of kOtherOrigin, in another suite than the node's, with one entry that shows `layers`,
// its record being current. Gives the stream's number.
inline uint32_t ReceiveOne(TickWriter* writer, store::LayerMask layers, const RecordId& id,
                           uint32_t scope = 0) {
  ledger::EntryHasher hasher(v1::SHA384_ECDSA_P384);
  v1::StreamDescriptor descriptor;
  descriptor.set_kind(v1::RECORDS);
  descriptor.set_origin(kOtherOrigin);
  descriptor.set_item("a");
  descriptor.set_sharing_class(v1::PUBLIC);
  descriptor.set_generation(1);
  store::StreamState stream;
  stream.number = limits::kReceivedNumbersFrom + 1;
  stream.descriptor = *ledger::EncodeDescriptor(descriptor);
  stream.stream_id = hasher.StreamId(stream.descriptor).str();
  stream.epoch = 1;
  ledger::CompactRange range(HashKind::kSha384);
  stream.compact_range = range.Serialise();

  const std::string header = HeaderOf(id);
  const std::string salt(ledger::SaltBytes(v1::SHA384_ECDSA_P384), 's');
  const std::array<std::string, 3> contents = {LayerOf("shown"), LayerOf("known"),
                                               LayerOf("secret")};
  ledger::LayerHashes hashes;
  store::EntryView entry;
  entry.form = layers == store::kAllLayers ? store::Form::kFull : store::Form::kPartial;
  entry.shown = layers;
  entry.header = header;
  entry.ingest = limits::kReceivedNumbersFrom;
  for (size_t i = 0; i < contents.size(); ++i) {
    hashes[i] = hasher.LayerHash(static_cast<v1::SharingClass>(i + 1), salt, contents[i]);
    if (store::Has(layers, i)) {
      entry.salts[i] = salt;
      entry.layers[i] = contents[i];
    } else {
      entry.layer_hashes[i] = hashes[i].view();
    }
  }
  range.Append(hasher.Leaf(hasher.PutCommitment(stream.stream_id, header, hashes).view()));
  store::StreamAppend append;
  append.stream = stream.number;
  append.epoch = 1;
  store::AppendEntry(entry, &append.entries);
  append.lengths = {static_cast<uint32_t>(append.entries.size())};
  append.compact_range = range.Serialise();
  store::RecordState state;
  state.id = id;
  state.stream = stream.number;
  state.seq = 1;
  state.version = 1;
  state.scope = scope;
  state.present = true;
  store::ReceivedStream row;
  row.stream = stream.number;
  row.next_seq = {2, 2, 2};
  for (size_t i = 0; i < 3; ++i) {
    if (!store::Has(layers, i)) row.next_seq[i] = 0;
  }
  row.delivery = entry.ingest;
  store::Tick& tick = writer->tick();
  tick.new_streams.push_back(std::move(stream));
  tick.appends.push_back(std::move(append));
  tick.records.push_back(state);
  tick.received.streams.push_back(row);
  tick.received.deliveries.push_back({entry.ingest, kOtherOrigin, {kOtherOrigin}, 1});
  return row.stream;
}

}  // namespace tombolo::node

#endif  // TOMBOLO_TESTS_UNIT_NODE_RECEIVED_SAMPLE_H_
