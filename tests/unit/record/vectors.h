// The record vectors of conformance/vectors/record: made here, compared with the files there.
//
// Ownership: values. Thread-safety: pure. Errors: none.
#ifndef TOMBOLO_TESTS_UNIT_RECORD_VECTORS_H_
#define TOMBOLO_TESTS_UNIT_RECORD_VECTORS_H_

#include <optional>
#include <string>
#include <vector>

namespace tombolo::record {

// Bytes of one header or layer.
struct BytesVector {
  std::string what;    // "header" or "layer"
  std::string damage;  // "" = sound; also the file's name after what
  std::string bytes;
  std::string name;  // of a sound one
};

struct LayerPart {
  int sharing_class = 0;
  std::optional<std::string> salt;
  std::optional<std::string> bytes;
  std::optional<std::string> hash;  // instead of salt and bytes
};

// A whole entry with what it should hash to.
struct EntryVector {
  std::string damage;
  std::string name;
  int suite = 1;
  int type = 1;
  std::string descriptor;
  std::string header;
  std::vector<LayerPart> layers;
  std::string stream_id, commitment, leaf_hash;
};

std::vector<BytesVector> LayerVectors();
std::vector<BytesVector> HeaderVectors();
std::vector<EntryVector> EntryVectors();

}  // namespace tombolo::record

#endif  // TOMBOLO_TESTS_UNIT_RECORD_VECTORS_H_
