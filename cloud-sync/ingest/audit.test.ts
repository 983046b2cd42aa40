import { expect, test } from 'vitest'
import { audit } from '#cloud/ingest'

test('of a cloned journal each new epoch carries rows of its own, and all of them are accounted for', () => {
  const lane = { gateway: 'g', epoch: 'a', lane: 'reading', issued: 10, received: [[1, 4]], refused: [] } as const
  const renewals = [
    { gateway: 'g', previous: 'a', why: 'a clone', carried: { reading: [[5, 6]] } },
    { gateway: 'g', previous: 'a', why: 'the other', carried: { reading: [[6, 9]] } },
    { gateway: 'h', previous: 'a', why: 'of somebody else', carried: { reading: [[10, 10]] } },
  ] as const
  expect(audit({ lanes: [lane], losses: [], renewals }).gateways).toMatchObject([
    { received: 4, carried: 5, declaredLost: 0, missing: [[10, 10]], closed: 'a clone' },
  ])
})
