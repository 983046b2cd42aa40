import { expect, test } from 'vitest'
import { lackOf } from './feature.ts'
import { PROOF_MS, proven } from './proven.fixture.ts'
import { replaceFilesSuite } from './replace-files.ts'

test.skipIf((lackOf('strace') ?? lackOf('mount') ?? lackOf('ext4')) !== null)(
  'a small file that is being replaced is the old one or the new one, at whatever call its process is killed and whenever the power goes',
  async () => {
    const [run] = await proven(replaceFilesSuite)
    expect(run?.row).toMatchObject({ faults: 6 })
  },
  PROOF_MS,
)
