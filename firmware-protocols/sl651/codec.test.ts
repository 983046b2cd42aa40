import { provesCodec, vectorsOf } from '#protocols/proof'
import { SL651_PENDING_BYTES_MAX, sl651, sl651Splitter } from '#protocols/sl651'

const frames = vectorsOf('sl651').flatMap(({ error, facts, hex }) => (error || facts || hex === undefined ? [] : [hex]))

provesCodec({
  codec: sl651,
  frames,
  isChecked: true,
  splitter: sl651Splitter,
  pendingMax: SL651_PENDING_BYTES_MAX,
})
